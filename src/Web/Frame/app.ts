import { acknowledgements } from "../Messages/acks.js";
import "../Administration/check.js";
import "./dialogs.js";
import "./picker.js";
import { tick } from "./clock.js";
import { refreshCounts, show } from "./counts.js";
import { onKey, showKeys, tellKey } from "./keys.js";
import { LiveList } from "./list.js";
import { Live } from "./live.js";
import { chime, recall, remember } from "./sound.js";
import { t, wordsReady } from "./words.js";

await wordsReady;

for (const hidden of document.querySelectorAll<HTMLElement>("[data-script]")) hidden.hidden = false;
for (const passing of document.querySelectorAll<HTMLElement>("[data-passing]")) setTimeout(() => passing.remove(), 10_000);
for (const copy of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) copy.addEventListener("click", () => void toClipboard(copy));
// A small form's button stays away until there is something to save; without script it is always there.
for (const save of document.querySelectorAll<HTMLButtonElement>("[data-on-change]")) {
  save.hidden = true;
  save.form?.addEventListener("change", () => { save.hidden = false; });
}
for (const more of document.querySelectorAll<HTMLButtonElement>("[data-add-row]")) more.addEventListener("click", () => addRow(more));
setInterval(tick, 1000);
forgetUndo();
if (document.body.classList.contains("staff")) staff();

function staff(): void {
  const root = document.querySelector<HTMLElement>("[data-live-list]");
  const live = new Live(["visits", "messages", "me", ...(document.querySelector<HTMLElement>("[data-topics]")?.dataset.topics?.split(" ") ?? [])]);
  const list = root ? new LiveList(root, fresh) : undefined;
  live.onChange((change) => {
    const { kind } = change;
    document.dispatchEvent(new CustomEvent("ht-change", { detail: change })); // for a page's own live parts
    refreshCounts();
    if (list && concerns(root!, kind)) list.refresh();
  });
  live.onReturn(() => { document.dispatchEvent(new Event("ht-return")); refreshCounts(); list?.refresh(); });
  void live.start();
  acknowledgements();
  refreshCounts();
  // Tells that somebody is there, too (presence).
  setInterval(() => { if (!document.hidden) refreshCounts(); }, 60_000);
  // Lateness comes with time alone.
  if (list) setInterval(() => list.refresh(), 60_000);
  keys(list);
  others();
  account();
}

/**
 * data-kinds says which changes a list follows ("task notice"). Without it: messages follow messages, the visits all but
 * them, since a person's or a participant's change touches visits too.
 */
function concerns(root: HTMLElement, kind: string): boolean {
  if (kind === "live.reset") return true;
  const of = kind.split(".")[0]!;
  if (root.dataset.kinds !== undefined) return root.dataset.kinds.split(" ").includes(of);
  return root.dataset.liveList === "messages" ? of === "message" : !["message", "notice", "team", "list", "task", "approval", "shift", "handover"].includes(of);
}

let waitedFor = Number(document.querySelector<HTMLElement>("[data-region]")?.dataset.waiting ?? 0);

function fresh(region: HTMLElement): void {
  if (region.dataset.waiting === undefined) return;
  const waiting = Number(region.dataset.waiting);
  show("waiting", waiting);
  if (waiting > waitedFor && recall("ht-sound") === "on" && document.body.dataset.quiet !== "yes") void chime("waiting");
  waitedFor = waiting;
}

function keys(list: LiveList | undefined): void {
  const search = document.querySelector<HTMLInputElement>("[data-search]");
  if (search) {
    onKey("/", t("Search"), (event) => { event.preventDefault(); search.focus(); search.select(); });
    search.addEventListener("keydown", (event) => { if (event.key === "Escape") search.blur(); });
  }
  if (list) {
    onKey("j", t("Go to the list"), () => list.first());
    tellKey("↑ ↓", t("Move through the rows"));
    tellKey("Enter", t("Open the row"));
    if (document.querySelector("[data-board]")) tellKey("Shift + ← → ↑ ↓", t("Move the task"));
  }
  for (const [key, name, word] of [["[", "day-before", t("Day before")], ["]", "day-after", t("Day after")]] as const) {
    const link = document.querySelector<HTMLElement>(`[data-key="${name}"]`);
    if (link) onKey(key, word, () => link.click());
  }
  for (const link of document.querySelectorAll<HTMLElement>("[data-hotkey]")) onKey(link.dataset.hotkey!, link.dataset.hotkeyWord ?? "", () => link.click());
  onKey("?", t("Show this map of keys"), showKeys);
  tellKey("Esc", t("Close what is on top"));
}

/** The rest of the places: beside the others where there is room, a sheet on phones. */
function others(): void {
  const menu = document.querySelector<HTMLDetailsElement>(".others");
  const phone = matchMedia("(max-width: 699px)");
  const fit = () => { if (menu) menu.open = !phone.matches; };
  phone.addEventListener("change", fit);
  fit();
  document.addEventListener("click", (event) => { if (menu && phone.matches && !menu.contains(event.target as Node)) menu.open = false; });
}

function account(): void {
  const menu = document.querySelector<HTMLDetailsElement>(".account");
  document.addEventListener("click", (event) => { if (menu && !menu.contains(event.target as Node)) menu.open = false; });
  menu?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.querySelector("[data-show-keys]")?.addEventListener("click", () => { if (menu) menu.open = false; showKeys(); });
  const sound = document.querySelector<HTMLElement>("[data-sound]");
  const say = () => sound?.setAttribute("aria-pressed", String(recall("ht-sound") === "on" && document.body.dataset.quiet !== "yes"));
  sound?.addEventListener("click", () => {
    remember("ht-sound", recall("ht-sound") === "on" ? "off" : "on");
    if (recall("ht-sound") === "on" && document.body.dataset.quiet !== "yes") void chime("waiting");
    say();
  });
  say();
}

/** One more empty row like the last of a form's rows, its fields numbered on: Channels[3].Name → Channels[4].Name. */
function addRow(more: HTMLButtonElement): void {
  const rows = document.querySelectorAll<HTMLElement>(more.dataset.addRow!);
  const last = rows[rows.length - 1];
  if (!last) return;
  const fresh = last.cloneNode(true) as HTMLElement;
  for (const field of fresh.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")) {
    field.setAttribute("name", field.getAttribute("name")!.replace(/\[(\d+)\]/, (_, n: string) => `[${Number(n) + 1}]`));
    field.removeAttribute("id");
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  last.after(fresh);
  fresh.querySelector<HTMLInputElement>("input")?.focus();
}

async function toClipboard(button: HTMLButtonElement): Promise<void> {
  const done = await navigator.clipboard?.writeText(button.dataset.copy!).then(() => true, () => false);
  // A frame may not write there: what is to be copied is then selected, and the keys do it.
  const shown = document.querySelector(".quote");
  if (!done && shown) getSelection()?.selectAllChildren(shown);
  button.querySelector("span")!.textContent = done ? t("Copied") : t("Selected: copy it with your keys");
}

/** A reload or a shared address must not offer the undo again. */
function forgetUndo(): void {
  const url = new URL(location.href);
  if (!url.searchParams.has("undo")) return;
  url.searchParams.delete("undo");
  history.replaceState(null, "", url);
}
