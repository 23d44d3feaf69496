// A list that follows the server: fetched again as a whole, changed rows marked for two seconds, and never moved
// under a pointer that is about to press, nor away from the row that has focus.
import { element } from "./icon.js";
import { setClock, tick } from "./clock.js";

const pressing = 2000;

export class LiveList {
  readonly root: HTMLElement;
  private waiting: Element | undefined;
  private pointerMoved = 0;
  private pointerDown = false;
  private fetching = false;
  private again = false;
  private readonly onFresh: (region: HTMLElement) => void;

  constructor(root: HTMLElement, onFresh: (region: HTMLElement) => void) {
    this.root = root;
    this.onFresh = onFresh;
    root.addEventListener("pointermove", () => { this.pointerMoved = performance.now(); });
    root.addEventListener("pointerdown", () => { this.pointerDown = true; });
    root.addEventListener("pointerleave", () => { this.pointerMoved = 0; this.settle(); });
    addEventListener("pointerup", () => { this.pointerDown = false; });
    addEventListener("pointercancel", () => { this.pointerDown = false; });
    root.addEventListener("keydown", (event) => this.move(event));
    this.ready();
  }

  get region(): HTMLElement { return this.root.querySelector<HTMLElement>("[data-region]")!; }

  /** Fetches soon; several changes at once cost one request. */
  refresh(): void {
    if (this.fetching) { this.again = true; return; }
    this.fetching = true;
    setTimeout(() => void this.fetch(), 120);
  }

  private async fetch(): Promise<void> {
    this.again = false;
    try {
      const url = new URL(location.href);
      url.searchParams.set("part", "list");
      const answer = await fetch(url, { redirect: "manual" });
      if (answer.ok) this.take(await answer.text());
      else if (answer.type === "opaqueredirect" || answer.status === 401) location.reload();
    } catch {
      // The connection bar says it; the next change or the reconnect fetches again.
    } finally {
      await new Promise((rest) => setTimeout(rest, 400)); // a busy clinic changes often; the eye needs less
      this.fetching = false;
      if (this.again) this.refresh();
    }
  }

  private take(html: string): void {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-region]");
    if (!fresh) return;
    this.onFresh(fresh as HTMLElement);
    // What somebody is writing is never taken from under their hands.
    if (writing(this.region)) {
      if (said(fresh) === said(this.region)) return;
      this.waiting = fresh;
      this.offer();
      return;
    }
    if (this.aboutToPress() && order(this.region) !== order(fresh)) {
      this.region.querySelector("[data-heading]")!.textContent = fresh.querySelector("[data-heading]")!.textContent;
      this.waiting = fresh;
      this.offer();
      setTimeout(() => this.settle(), pressing);
      return;
    }
    this.show(fresh);
  }

  private aboutToPress(): boolean {
    return this.pointerDown || (this.pointerMoved > 0 && performance.now() - this.pointerMoved < pressing);
  }

  private settle(): void {
    if (!this.waiting) return;
    if (this.aboutToPress() || writing(this.region)) setTimeout(() => this.settle(), 500);
    else this.show(this.waiting);
  }

  private offer(): void {
    if (this.root.querySelector(".news")) return;
    const show = element("button", { type: "button", class: "button" }, this.root.dataset.wordShow ?? "Show");
    show.addEventListener("click", () => { if (this.waiting) this.show(this.waiting); });
    this.root.prepend(element("div", { class: "news", role: "status" }, this.root.dataset.wordHidden ?? "", show));
  }

  private show(fresh: Element): void {
    this.waiting = undefined;
    this.root.querySelector(".news")?.remove();
    const old = this.region;
    const before = new Map(rows(old).map((row) => [row.dataset.row!, face(row)]));
    const anchor = this.anchor();
    const focused = document.activeElement;
    const place = focused && old.contains(focused) ? placeOf(focused as HTMLElement) : undefined;

    const heading = old.querySelector("[data-heading]")!;
    const said = fresh.querySelector("[data-heading]")!.textContent;
    if (heading.textContent !== said) heading.textContent = said; // a change only, so that it is read out once
    for (const child of [...old.children]) if (child !== heading) child.remove();
    for (const child of [...fresh.children]) if (!child.matches("[data-heading]")) old.append(document.adoptNode(child));
    for (const { name, value } of fresh.attributes) old.setAttribute(name, value);

    for (const row of rows(old)) if (before.get(row.dataset.row!) !== face(row)) this.mark(row);
    if (place) restore(old, place);
    if (anchor) {
      const row = rows(old).find((r) => r.dataset.row === anchor.id);
      if (row) scrollBy(0, row.getBoundingClientRect().top - anchor.top);
    }
    this.ready();
  }

  private mark(row: HTMLElement): void {
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), 2000);
  }

  /** The row that must stay where it is on the screen. */
  private anchor(): { id: string; top: number } | undefined {
    const row = document.activeElement?.closest<HTMLElement>("[data-row]") ?? this.root.querySelector<HTMLElement>("[data-row]:hover");
    return row ? { id: row.dataset.row!, top: row.getBoundingClientRect().top } : undefined;
  }

  private ready(): void {
    setClock(this.region.dataset.now);
    tick();
    rows(this.region).forEach((row, i) => { if (!row.hasAttribute("tabindex")) row.tabIndex = i === 0 ? 0 : -1; });
  }

  private move(event: KeyboardEvent): void {
    const row = (event.target as Element).closest<HTMLElement>("[data-row]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = rows(this.region);
    const at = all.indexOf(row);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined && all[next]) {
      event.preventDefault();
      all.forEach((r) => { r.tabIndex = -1; });
      all[next].tabIndex = 0;
      all[next].focus();
    } else if (event.key === "Enter" && event.target === row) {
      event.preventDefault();
      row.querySelector<HTMLElement>("[data-enter]")?.click();
    }
  }

  first(): void { rows(this.region)[0]?.focus(); }
}

const rows = (region: Element) => [...region.querySelectorAll<HTMLElement>("[data-row]")];
/** Headings of groups take room too. */
const order = (region: Element) => [...region.querySelectorAll<HTMLElement>("[data-group], [data-row]")]
  .map((part) => part.dataset.group ?? part.dataset.row).join();

/** A form of the region is open or begun. */
function writing(region: Element): boolean {
  if (region.querySelector("details[open] form")) return true;
  return [...region.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("textarea, input:not([type=hidden], [type=search])")].some((field) =>
    field === document.activeElement || (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")
      ? field.checked !== field.defaultChecked : field.value !== field.defaultValue));
}

/** What a region says, without what only the page itself adds to it. */
function said(region: Element): string {
  const copy = region.cloneNode(true) as Element;
  copy.querySelectorAll("people-picker, [data-since]").forEach((part) => part.remove());
  return (copy.textContent ?? "").replace(/\s+/g, " ");
}

/** What a row says, without its ticking clock. */
function face(row: HTMLElement): string {
  const copy = row.cloneNode(true) as HTMLElement;
  copy.querySelectorAll("[data-since]").forEach((clock) => clock.remove());
  return (copy.closest("tbody")?.dataset.group ?? row.closest("tbody")?.dataset.group ?? "") + (copy.textContent ?? "").replace(/\s+/g, " ");
}

interface Place { row?: string; nth: number }

const reachable = "a, button, input, [tabindex]";

function placeOf(focused: HTMLElement): Place {
  const row = focused.closest<HTMLElement>("[data-row]");
  return row ? { row: row.dataset.row, nth: row === focused ? -1 : [...row.querySelectorAll(reachable)].indexOf(focused) } : { nth: -1 };
}

function restore(region: HTMLElement, place: Place): void {
  const row = rows(region).find((r) => r.dataset.row === place.row);
  if (!row) return;
  row.tabIndex = 0;
  const target = place.nth < 0 ? row : row.querySelectorAll<HTMLElement>(reachable)[place.nth] ?? row;
  target.focus({ preventScroll: true });
}
