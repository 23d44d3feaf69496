// The live parts of lists: the grid, a row's fields, rounding by swipe or arrows, the wall.
import { wordsReady } from "../Frame/words.js";
import type { Column } from "./editors.js";
import { RowFields } from "./fields.js";
import { Grid } from "./grid.js";
import { wall } from "./wall.js";

await wordsReady;

const facts = document.getElementById("list-facts");
const list = document.querySelector<HTMLElement>("[data-list]");
if (facts && list) {
  const grid = new Grid(list, JSON.parse(facts.textContent!) as { list: string; me: string; mayEdit: boolean; columns: Column[] });
  setInterval(() => grid.sync(), 5000);
  grid.sync();
}
const row = document.querySelector<HTMLElement>("[data-row-page]");
if (row) new RowFields(row);
const screen = document.querySelector<HTMLElement>("[data-wall]");
if (screen) wall(screen);
const round = document.querySelector<HTMLElement>("[data-round]");
if (round) rounding(round);

document.querySelector("[data-print]")?.addEventListener("click", () => print());
document.querySelector<HTMLSelectElement>("[data-go]")?.addEventListener("change", (event) => (event.target as HTMLSelectElement).form!.submit());
const more = document.querySelector<HTMLDetailsElement>(".list-more");
document.addEventListener("click", (event) => { if (more && !more.contains(event.target as Node)) more.open = false; });
more?.addEventListener("keydown", (event) => { if (event.key === "Escape") { more.open = false; more.querySelector("summary")?.focus(); } });

/** The next patient by a swipe, the arrows or the button. */
function rounding(root: HTMLElement): void {
  const to = (rel: string) => root.querySelector<HTMLAnchorElement>(`[rel=${rel}]`)?.click();
  let from: Touch | undefined;
  root.addEventListener("touchstart", (event) => { from = event.touches.length === 1 ? event.touches[0] : undefined; }, { passive: true });
  root.addEventListener("touchend", (event) => {
    const end = event.changedTouches[0];
    if (!from || !end) return;
    const [x, y] = [end.clientX - from.clientX, end.clientY - from.clientY];
    if (Math.abs(x) > 80 && Math.abs(x) > 2 * Math.abs(y)) to(x < 0 ? "next" : "prev");
  }, { passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || (event.target as Element).matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    if (event.key === "ArrowRight") to("next");
    if (event.key === "ArrowLeft") to("prev");
  });
}
