// The same words as the pages': English is the key, French comes from one file when the page is French.
let french: Record<string, string> = {};

export const wordsReady: Promise<void> = load();

export function t(english: string, ...values: unknown[]): string {
  const said = french[english] ?? english;
  return said.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
}

async function load(): Promise<void> {
  const file = document.documentElement.dataset.words;
  if (!file) return;
  try {
    french = await (await fetch(file)).json();
  } catch {
    // English words are better than none.
  }
}
