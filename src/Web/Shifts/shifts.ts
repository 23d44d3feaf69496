// The roster grid by keyboard and pointer. Everything it does, the dialogs do without it.
import { confirm } from "../Frame/dialogs.js";
import { onKey, tellKey } from "../Frame/keys.js";
import { toast } from "../Frame/toasts.js";
import { t, wordsReady } from "../Frame/words.js";

interface Held { item: string; version: string; move: boolean }

await wordsReady;
const root = document.querySelector<HTMLElement>('[data-live-list="roster"]');
if (root) grid(root);

function grid(root: HTMLElement): void {
  let held: Held | undefined;
  let at: string | undefined;
  const table = () => root.querySelector<HTMLElement>("[data-grid]")!;
  const manager = () => table().dataset.manager === "1";
  const cells = () => [...table().querySelectorAll<HTMLElement>("td[data-cell]")];
  const cellOf = (key: string | undefined) => cells().find((c) => c.dataset.cell === key);
  const chip = (cell: HTMLElement | undefined) => {
    const focused = document.activeElement?.closest<HTMLElement>("a.shift");
    return focused && cell?.contains(focused) ? focused : cell?.querySelector<HTMLElement>("a.shift") ?? undefined;
  };

  function focus(cell: HTMLElement | undefined): void {
    if (!cell) return;
    cells().forEach((c) => { c.tabIndex = -1; });
    cell.tabIndex = 0;
    cell.focus();
    at = cell.dataset.cell;
  }

  const here = () => document.activeElement?.closest<HTMLElement>("td[data-cell]") ?? undefined;

  function move(event: KeyboardEvent): void {
    const cell = here();
    if (!cell || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const row = cell.parentElement as HTMLTableRowElement;
    const rows = [...table().querySelectorAll<HTMLTableRowElement>("tr")].filter((r) => r.querySelector("td[data-cell]"));
    const column = [...row.children].indexOf(cell);
    const chips = [...cell.querySelectorAll<HTMLElement>("a.shift")];
    const inside = chips.indexOf(document.activeElement as HTMLElement);
    const to = (r: HTMLTableRowElement | undefined, c: number) => r?.children[c] as HTMLElement | undefined;
    let next: HTMLElement | undefined;
    switch (event.key) {
      case "ArrowRight": next = to(row, column + 1); break;
      case "ArrowLeft": next = column > 1 ? to(row, column - 1) : undefined; break;
      case "ArrowDown":
        if (chips.length > 1 && inside < chips.length - 1) { event.preventDefault(); chips[inside + 1]!.focus(); return; }
        next = to(rows[rows.indexOf(row) + 1], column);
        break;
      case "ArrowUp":
        if (inside > 0) { event.preventDefault(); chips[inside - 1]!.focus(); return; }
        next = to(rows[rows.indexOf(row) - 1], column);
        break;
      case "Home": next = to(row, 1); break;
      case "End": next = row.lastElementChild as HTMLElement; break;
      case "Enter":
        if (document.activeElement === cell) { event.preventDefault(); open(cell); }
        return;
      default: return;
    }
    if (!next?.matches("td[data-cell]")) return;
    event.preventDefault();
    focus(next);
  }

  function open(cell: HTMLElement): void {
    const link = chip(cell);
    if (link) link.click();
    else add(cell);
  }

  function add(cell: HTMLElement): void {
    if (!cell.dataset.add) return;
    const link = document.createElement("a");
    link.href = cell.dataset.add;
    link.dataset.dialog = "";
    document.body.append(link);
    link.click();
    link.remove();
  }

  function take(moving: boolean): void {
    const link = chip(here());
    if (!link || !manager()) return;
    hold({ item: link.dataset.item!, version: link.dataset.version!, move: moving });
    toast({ key: "held", text: moving ? t("Picked up. Go to a day and press V to move it there.") : t("Copied. Go to a day and press V to lay it there."), icon: "copy" });
  }

  function hold(next: Held): void {
    held = next;
    table().querySelectorAll(".held").forEach((h) => h.classList.remove("held"));
    table().querySelector(`[data-item="${CSS.escape(next.item)}"]`)?.classList.add("held");
  }

  async function put(cell: HTMLElement | undefined): Promise<void> {
    if (!held || !cell?.dataset.day) return;
    const fields: Record<string, string> = { version: held.version, day: cell.dataset.day, back: table().dataset.back! };
    if (cell.dataset.person) fields.to = cell.dataset.person;
    if (cell.dataset.group) fields.toGroup = cell.dataset.group;
    if (held.move) fields.move = "true";
    at = cell.dataset.cell;
    await send(`/shifts/${table().dataset.team}/item/${held.item}?handler=place`, fields);
    if (held?.move) held = undefined;
  }

  async function remove(): Promise<void> {
    const link = chip(here());
    if (!link || !manager()) return;
    const { item, version } = link.dataset as { item: string; version: string };
    const team = table().dataset.team!;
    if (!await send(`/shifts/${team}/item/${item}?handler=removal`, { version, back: table().dataset.back! })) return;
    const undo = document.createElement("button");
    undo.className = "button";
    undo.textContent = t("Undo");
    const shown = toast({ key: "removed", text: t("Taken off the roster. Staff see it until you share."), icon: "remove", actions: [undo] });
    undo.addEventListener("click", () => { shown.remove(); void send(`/shifts/${team}?handler=restore`, { item, version: String(Number(version) + 1), back: table().dataset.back! }); });
  }

  /** Posts as a form does; a refusal is shown with every broken rule, and soft ones can be set aside with a reason. */
  async function send(address: string, fields: Record<string, string>): Promise<boolean> {
    const token = document.querySelector<HTMLInputElement>('#act [name="__RequestVerificationToken"]')!.value;
    const body = new URLSearchParams({ ...fields, __RequestVerificationToken: token });
    const answer = await fetch(address, { method: "POST", body, redirect: "manual" }).catch(() => undefined);
    if (answer?.type === "opaqueredirect" || answer?.ok) return true;
    const page = new DOMParser().parseFromString(answer ? await answer.text() : "", "text/html");
    const why = [...page.querySelectorAll(".summary li")].map((li) => li.textContent?.trim() ?? "");
    const asks = page.querySelector('[name="Overriding"]') !== null;
    if (asks && await confirm(t("A rule would be broken"), why.join("; "), t("Set it all the same"))) {
      return send(address, { ...fields, overriding: t("Set by hand on the grid") });
    }
    if (!asks) toast({ key: "refused", text: why.join("; ") || t("That did not reach the server. Try again."), icon: "warning", urgent: true });
    return false;
  }

  root.addEventListener("keydown", move);
  root.addEventListener("focusin", () => { at = here()?.dataset.cell ?? at; });
  root.addEventListener("dblclick", (event) => { const cell = (event.target as Element).closest<HTMLElement>("td[data-cell]"); if (cell && !(event.target as Element).closest("a")) add(cell); });
  root.addEventListener("click", (event) => { const cell = (event.target as Element).closest<HTMLElement>("td[data-cell]"); if (cell && event.target === cell) focus(cell); });

  root.addEventListener("dragstart", (event) => {
    const link = (event.target as Element).closest<HTMLElement>("a.shift");
    if (link && manager()) { hold({ item: link.dataset.item!, version: link.dataset.version!, move: !event.altKey }); event.dataTransfer!.effectAllowed = "copyMove"; }
  });
  root.addEventListener("dragover", (event) => { if (held && (event.target as Element).closest("td[data-cell]")) event.preventDefault(); });
  root.addEventListener("drop", (event) => { event.preventDefault(); void put((event.target as Element).closest<HTMLElement>("td[data-cell]") ?? undefined); });

  // The region is replaced as a whole when anything changed: whoever was in a cell stays in it.
  new MutationObserver(() => {
    const first = cells()[0];
    if (first && !cells().some((c) => c.tabIndex === 0)) (cellOf(at) ?? first).tabIndex = 0;
    if (at && document.activeElement === document.body) cellOf(at)?.focus({ preventScroll: true });
  }).observe(root, { childList: true, subtree: true });
  if (cells()[0]) cells()[0]!.tabIndex = 0;

  onKey("g", t("Go to the grid"), () => focus(cellOf(at) ?? cells()[0]));
  tellKey("← ↑ ↓ →", t("Move through the days"));
  tellKey("Enter", t("Open, or add where nothing is"));
  onKey("n", t("Add to this day"), (event) => { const cell = here(); if (cell) { event.preventDefault(); add(cell); } });
  onKey("c", t("Copy the shift"), () => take(false));
  onKey("x", t("Pick the shift up to move it"), () => take(true));
  onKey("v", t("Lay it here"), () => void put(here()));
  onKey("Delete", t("Take the shift off"), () => void remove());
}

document.querySelector("[data-print]")?.addEventListener("click", () => print());
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.roster-menu[open]")) if (!menu.contains(event.target as Node)) menu.open = false;
});
