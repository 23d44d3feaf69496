// One map of keys per page; "?" shows it.
import { element } from "./icon.js";
import { showDialog } from "./dialogs.js";
import { t } from "./words.js";

interface Key { key: string; word: string; act: (event: KeyboardEvent) => void }

// A page's own bundle brings this module a second time: one map and one listener for both.
const page = globalThis as { htKeys?: Key[] };
const first = page.htKeys === undefined;
const map: Key[] = (page.htKeys ??= []);

export function onKey(key: string, word: string, act: (event: KeyboardEvent) => void): void {
  map.push({ key, word, act });
}

/** Adds a key to the list shown, for what a list or a browser does itself. */
export function tellKey(key: string, word: string): void {
  map.push({ key, word, act: () => {} });
}

export function showKeys(): void {
  const list = element("dl", { class: "keys" });
  for (const { key, word } of map) list.append(element("dt", {}, element("kbd", {}, key)), element("dd", {}, word));
  showDialog(t("Keys"), list);
}

if (first) document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const found = map.find(({ key }) => key === event.key);
  if (found) found.act(event);
});

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
