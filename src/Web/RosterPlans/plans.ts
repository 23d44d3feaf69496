// Sliders beside their numbers, and the keys of the plan's grid. Without it the numbers and links do the same.
import { onKey, tellKey } from "../Frame/keys.js";
import { t, wordsReady } from "../Frame/words.js";

await wordsReady;

function twins(within: ParentNode): void {
  for (const range of within.querySelectorAll<HTMLInputElement>("input[data-twin][hidden]")) {
    const number = range.form?.elements.namedItem(range.dataset.twin!) as HTMLInputElement | null;
    if (!number) continue;
    range.hidden = false;
    range.addEventListener("input", () => { number.value = range.value; });
    number.addEventListener("input", () => { range.value = number.value; });
  }
}

const cells = () => [...document.querySelectorAll<HTMLElement>("[data-plan-grid] td[data-cell]")];
let at: string | undefined;

function focus(cell: HTMLElement | undefined): void {
  if (!cell) return;
  for (const other of cells()) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
  at = cell.dataset.cell;
}

function move(event: KeyboardEvent): void {
  const cell = document.activeElement?.closest<HTMLElement>("[data-plan-grid] td[data-cell]");
  if (!cell || document.activeElement?.matches("button")) return;
  const row = cell.parentElement as HTMLTableRowElement;
  const column = [...row.children].indexOf(cell);
  const to = (r: Element | null | undefined, c: number) => r?.children[c] as HTMLElement | undefined;
  let next: HTMLElement | undefined;
  switch (event.key) {
    case "ArrowRight": next = to(row, column + 1); break;
    case "ArrowLeft": next = column > 1 ? to(row, column - 1) : undefined; break;
    case "ArrowDown": next = to(row.nextElementSibling, column); break;
    case "ArrowUp": next = to(row.previousElementSibling, column); break;
    case "Enter": {
      const summary = cell.querySelector<HTMLElement>("summary");
      if (document.activeElement === cell && summary) { event.preventDefault(); summary.click(); cell.querySelector<HTMLElement>("button")?.focus(); }
      return;
    }
    default: return;
  }
  if (!next?.matches("td[data-cell]")) return;
  event.preventDefault();
  focus(next);
}

function ready(): void {
  twins(document);
  const all = cells();
  if (all[0] && !all.some((c) => c.tabIndex === 0)) (all.find((c) => c.dataset.cell === at) ?? all[0]).tabIndex = 0;
}

ready();
document.addEventListener("keydown", move);
// Between two better rosters only time passes.
setInterval(() => { const bar = document.querySelector<HTMLProgressElement>("progress.plan-progress[max]"); if (bar) bar.value += 1; }, 1000);
const live = document.querySelector('[data-live-list="plan"]');
if (live) {
  new MutationObserver(ready).observe(live, { childList: true, subtree: true });
  onKey("g", t("Go to the grid"), () => focus(cells().find((c) => c.dataset.cell === at) ?? cells()[0]));
  tellKey("← ↑ ↓ →", t("Move through the days"));
}
