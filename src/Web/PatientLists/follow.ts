// The grid follows the server: only rows that changed come again, cell by cell, so that nothing that has focus, is being
// edited or is about to be pressed moves away.
import { post } from "../Frame/edits.js";

export class Follow {
  private readonly root: HTMLElement;
  private readonly editing: () => HTMLElement | undefined;
  private readonly fresh: () => void;
  private asked: ReturnType<typeof setTimeout> | undefined;
  private fetching = false;
  private again = false;
  private waiting: HTMLElement | undefined;
  private moved = 0;

  constructor(root: HTMLElement, editing: () => HTMLElement | undefined, fresh: () => void) {
    [this.root, this.editing, this.fresh] = [root, editing, fresh];
    const list = root.dataset.list!;
    document.addEventListener("ht-change", (event) => {
      const { kind, subject } = (event as CustomEvent<{ kind: string; subject: string }>).detail;
      if (kind === "live.reset" || subject === `list/${list}`) this.refresh();
    });
    document.addEventListener("ht-return", () => this.refresh());
    root.addEventListener("pointermove", () => { this.moved = performance.now(); });
    setInterval(() => this.refresh(), 60_000);
  }

  private get region(): HTMLElement { return this.root.querySelector<HTMLElement>("[data-grid]")!; }

  refresh(): void {
    if (this.fetching) { this.again = true; return; }
    clearTimeout(this.asked);
    this.asked = setTimeout(() => void this.fetch(), 120);
  }

  private async fetch(): Promise<void> {
    this.fetching = true;
    this.again = false;
    try {
      const url = new URL(location.href);
      url.searchParams.set("part", "grid");
      url.searchParams.set("since", this.region.dataset.seq ?? "0");
      const answer = await fetch(url, { redirect: "manual" });
      if (answer.status === 205) { if (!this.editing()) location.reload(); else this.again = true; }
      else if (answer.ok) this.take(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-grid]"));
      else if (answer.status === 404) location.reload();
    } catch {
      // The connection bar says it.
    } finally {
      this.fetching = false;
      if (this.again) setTimeout(() => this.refresh(), 1000);
    }
  }

  private take(fresh: HTMLElement | null): void {
    if (!fresh) return;
    const old = new Map([...this.region.querySelectorAll<HTMLElement>("tr[data-row]")].map((row) => [row.dataset.row!, row]));
    // First the rows that are there already, cell by cell; then each takes the place of what the server sent of it.
    for (const row of [...fresh.querySelectorAll<HTMLElement>("tr[data-row]")]) {
      const known = old.get(row.dataset.row!);
      if (row.dataset.same === undefined && known) this.patch(known, row);
      else if (row.dataset.same === undefined) mark(row);
    }
    this.region.dataset.seq = fresh.dataset.seq;
    this.region.dataset.shown = fresh.dataset.shown;
    const heading = fresh.querySelector("[data-heading]")!.textContent;
    const said = this.region.querySelector("[data-heading]")!;
    if (said.textContent !== heading) said.textContent = heading;
    if (order(fresh) === order(this.region)) {
      fresh.querySelectorAll(".group .quiet").forEach((count, i) => { const here = this.region.querySelectorAll(".group .quiet")[i]; if (here) here.textContent = count.textContent; });
      return this.fresh();
    }
    this.waiting = fresh;
    this.settle();
  }

  /** Rows change places when nobody is in the middle of something. */
  settle(): void {
    const fresh = this.waiting;
    if (!fresh) return;
    if (this.editing() || performance.now() - this.moved < 1200) { setTimeout(() => this.settle(), 600); return; }
    this.waiting = undefined;
    const old = new Map([...this.region.querySelectorAll<HTMLElement>("tr[data-row]")].map((row) => [row.dataset.row!, row]));
    const focused = document.activeElement;
    for (const row of [...fresh.querySelectorAll<HTMLElement>("tr[data-row]")]) {
      const known = old.get(row.dataset.row!);
      if (known) row.replaceWith(known);
      else if (row.dataset.same !== undefined) { location.reload(); return; } // it was never here: begin anew
    }
    const heading = this.region.querySelector("[data-heading]")!;
    for (const child of [...this.region.children]) if (child !== heading) child.remove();
    for (const child of [...fresh.children]) if (!child.matches("[data-heading]")) this.region.append(document.adoptNode(child));
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
    this.fresh();
  }

  private patch(known: HTMLElement, row: HTMLElement): void {
    known.className = row.className;
    [...row.children].forEach((cell, i) => {
      const here = known.children[i] as HTMLElement | undefined;
      if (!here || here === this.editing()) return; // what is being typed keeps the version it began with
      const focus = here.tabIndex;
      const differs = here.textContent !== cell.textContent;
      for (const name of ["data-n", "data-v", "data-state", "class", "aria-readonly"]) {
        const value = cell.getAttribute(name);
        if (value === null) here.removeAttribute(name);
        else here.setAttribute(name, value);
      }
      here.tabIndex = focus;
      if (here.innerHTML === cell.innerHTML) return;
      here.replaceChildren(...[...cell.childNodes].map((node) => document.adoptNode(node)));
      if (differs) mark(here);
    });
  }

  async others(me: { row?: string; column?: string }, cell: (row: string, column: string) => HTMLElement | undefined): Promise<void> {
    const answer = await post(`/lists/${this.root.dataset.list}?handler=editing`, me.row ? { row: me.row, column: me.column! } : {});
    if (typeof answer === "string" || answer.status !== 200) return;
    this.root.querySelectorAll<HTMLElement>("[data-editor]").forEach((old) => { delete old.dataset.editor; });
    for (const { name, row, col } of answer.body as unknown as { name: string; row: string; col: string }[]) {
      const theirs = cell(row, col);
      if (theirs) theirs.dataset.editor = name;
    }
  }
}

const order = (region: Element) => [...region.querySelectorAll<HTMLElement>("tbody[data-group], tr[data-row]")].map((part) => part.dataset.row ?? `group:${part.dataset.group}`).join();

function mark(part: HTMLElement): void {
  part.classList.add("changed");
  setTimeout(() => part.classList.remove("changed"), 2000);
}
