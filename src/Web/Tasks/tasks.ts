// The live parts of the task pages: arrows between the columns of a board, tasks moved by keys or by dragging (the menu of
// each task does the same without a script), filters that apply at once, and a calendar that arrows walk through.
import { element } from "../Frame/icon.js";
import { toast } from "../Frame/toasts.js";
import { t, wordsReady } from "../Frame/words.js";

await wordsReady;
const root = document.querySelector<HTMLElement>("[data-tasks]");
const cards = (column: Element) => [...column.querySelectorAll<HTMLElement>("[data-row]")];
const columns = () => [...document.querySelectorAll<HTMLElement>("[data-column]")];

if (root) {
  root.addEventListener("keydown", key, { capture: true });
  drag(root);
  keepMenus(root);
}
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-auto]")) {
  form.addEventListener("change", () => form.requestSubmit());
  for (const button of form.querySelectorAll<HTMLElement>("[data-no-script]")) button.hidden = true;
}
for (const pick of document.querySelectorAll<HTMLElement>("[data-pick]")) {
  pick.addEventListener("click", () => {
    for (const box of document.querySelectorAll<HTMLInputElement>("[data-attributes]")) if (box.dataset.attributes!.split("|").includes(pick.dataset.pick!)) box.checked = true;
  });
}
document.querySelector("[data-grid]")?.addEventListener("keydown", (event) => walk(event as KeyboardEvent));

function key(event: KeyboardEvent): void {
  const card = event.target as HTMLElement;
  const column = card.closest<HTMLElement>("[data-column]");
  if (!column || !card.matches("[data-row]") || event.ctrlKey || event.metaKey || event.altKey || !event.key.startsWith("Arrow")) return;
  const all = columns();
  const place = cards(column).indexOf(card);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  event.preventDefault();
  event.stopPropagation();
  if (event.shiftKey) {
    if (sideways) {
      const to = beside(all, column, sideways, (c) => c.dataset.move !== undefined);
      if (to) void move(card, to, cards(to)[place]);
    } else if (event.key === "ArrowUp" && place > 0) void move(card, column, cards(column)[place - 1]);
    else if (event.key === "ArrowDown" && place < cards(column).length - 1) void move(card, column, cards(column)[place + 2]);
    return;
  }
  const to = sideways ? beside(all, column, sideways, (c) => cards(c).length > 0) : column;
  if (!to) return;
  const next = sideways ? cards(to)[Math.min(place, cards(to).length - 1)] : cards(column)[place + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) focus(next);
}

function beside(all: HTMLElement[], from: HTMLElement, step: number, good: (column: HTMLElement) => boolean): HTMLElement | undefined {
  for (let i = all.indexOf(from) + step; i >= 0 && i < all.length; i += step) if (good(all[i]!)) return all[i];
  return undefined;
}

function focus(card: HTMLElement): void {
  for (const other of document.querySelectorAll<HTMLElement>("[data-row]")) other.tabIndex = -1;
  card.tabIndex = 0;
  card.focus();
}

/** Told to the server with the version seen; on its no the list comes back as it is there. */
async function move(card: HTMLElement, to: HTMLElement, before: HTMLElement | undefined): Promise<void> {
  const from = card.closest<HTMLElement>("[data-column]")!;
  if (to.dataset.move === undefined || card.dataset.busy) return;
  card.dataset.busy = "1";
  const stood = card.nextElementSibling;
  to.querySelector("ol")!.insertBefore(card, before ?? null);
  focus(card);
  const url = new URL(`/tasks/${card.dataset.row}/${to.dataset.move}`, location.href);
  url.searchParams.set("version", card.dataset.version!);
  if (before && before !== card) url.searchParams.set("before", before.dataset.row!);
  if (url.pathname.endsWith("/assignment") && from.dataset.column !== "nobody") url.searchParams.set("from", from.dataset.column!);
  const form = document.querySelector<HTMLFormElement>("#act")!;
  const answer = await fetch(url, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
  delete card.dataset.busy;
  if (answer?.type === "opaqueredirect" || answer?.ok) {
    // Another press may come before the fresh list does.
    if (card.isConnected && from !== to || to.dataset.move.startsWith("place")) card.dataset.version = String(Number(card.dataset.version) + 1);
    if (from !== to) toast({ key: "moved", text: t("Moved to {0}.", to.getAttribute("aria-label") ?? ""), icon: "done" });
    return;
  }
  if (card.isConnected) { from.querySelector("ol")!.insertBefore(card, stood?.parentElement === from.querySelector("ol") ? stood : null); focus(card); }
  const page = answer ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
  const again = element("button", { type: "button", class: "button" }, t("Look again"));
  again.addEventListener("click", () => location.reload());
  toast({ key: "moved", text: page?.querySelector("main p")?.textContent ?? t("Not moved: there is no connection."), icon: "warning", actions: [again] });
}

function drag(board: HTMLElement): void {
  let held: HTMLElement | undefined;
  board.addEventListener("dragstart", (event) => {
    held = (event.target as Element).closest<HTMLElement>("[data-row]") ?? undefined;
    event.dataTransfer?.setData("text/plain", held?.dataset.row ?? "");
  });
  board.addEventListener("dragover", (event) => {
    const column = (event.target as Element).closest<HTMLElement>("[data-column]");
    if (held && column?.dataset.move !== undefined) event.preventDefault();
  });
  board.addEventListener("drop", (event) => {
    const column = (event.target as Element).closest<HTMLElement>("[data-column]");
    if (!held || !column) return;
    event.preventDefault();
    const under = (event.target as Element).closest<HTMLElement>("[data-row]");
    if (under !== held) void move(held, column, under ?? undefined);
    held = undefined;
  });
}

/** A list that is fetched again keeps the menu open that somebody is about to press in; Escape closes it. */
function keepMenus(list: HTMLElement): void {
  let open: string | undefined;
  list.addEventListener("toggle", (event) => {
    const menu = event.target as HTMLDetailsElement;
    if (!menu.matches?.(".menu") || !menu.isConnected) return;
    const row = menu.closest<HTMLElement>("[data-row]")?.dataset.row;
    if (menu.open) {
      open = row;
      for (const other of list.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) if (other !== menu) other.open = false;
    } else if (open === row) open = undefined;
  }, { capture: true });
  new MutationObserver(() => {
    if (!open) return;
    const menu = list.querySelector<HTMLDetailsElement>(`[data-row="${CSS.escape(open)}"] details.menu`);
    if (menu && !menu.open) menu.open = true;
  }).observe(list, { childList: true, subtree: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector<HTMLDetailsElement>("main details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector<HTMLElement>("summary")?.focus();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("main details.menu[open]")) if (!menu.contains(event.target as Node)) menu.open = false;
  });
}

/** From day to day, to those that have something. */
function walk(event: KeyboardEvent): void {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
  const here = (event.target as Element).closest("td");
  if (!step || !here) return;
  const days = [...document.querySelectorAll<HTMLElement>("[data-grid] td")];
  const links = [...here.querySelectorAll<HTMLElement>("a")];
  const within = links[links.indexOf(event.target as HTMLElement) + Math.sign(step)];
  event.preventDefault();
  if (Math.abs(step) === 7 && within) return within.focus();
  for (let i = days.indexOf(here) + step; i >= 0 && i < days.length; i += step) {
    const link = days[i]!.querySelector<HTMLElement>("a");
    if (link) return link.focus();
  }
}
