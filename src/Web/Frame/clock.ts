// Clocks that tick on the reader's side, set by the server's time: a workstation's own clock may be wrong.
let ahead = 0;

export const now = (): number => Date.now() + ahead;

export function setClock(serverTime: string | undefined): void {
  if (serverTime) ahead = Date.parse(serverTime) - Date.now();
}

export function elapsed(since: string): string {
  const seconds = Math.max(0, Math.floor((now() - Date.parse(since)) / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

export function tick(): void {
  for (const clock of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const text = elapsed(clock.dataset.since!);
    if (clock.textContent !== text) clock.textContent = text;
  }
}

/** "09:41" here; in the hospital's zone when one is given. */
export function timeOfDay(at: number | string, zone?: string): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone || undefined }).format(new Date(at));
}
