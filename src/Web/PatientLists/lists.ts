// The live parts of lists: the grid, a row's fields, rounding by swipe or arrows, the wall.
import { turns } from "../Frame/turn.js";
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
if (round) turns(round);

document.querySelector("[data-print]")?.addEventListener("click", () => print());
document.querySelector<HTMLSelectElement>("[data-go]")?.addEventListener("change", (event) => (event.target as HTMLSelectElement).form!.submit());
const more = document.querySelector<HTMLDetailsElement>(".list-more");
document.addEventListener("click", (event) => { if (more && !more.contains(event.target as Node)) more.open = false; });
more?.addEventListener("keydown", (event) => { if (event.key === "Escape") { more.open = false; more.querySelector("summary")?.focus(); } });

