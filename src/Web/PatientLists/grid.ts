// The list as a sheet: arrows move, Enter or typing edits, Escape leaves, Tab goes on. Rows follow the server one by one.
import { element, iconElement } from "../Frame/icon.js";
import { toast } from "../Frame/toasts.js";
import { t } from "../Frame/words.js";
import { chooseText } from "../Frame/conflict.js";
import { editorOf, inWords, type Column, type Editor } from "./editors.js";
import { Follow } from "./follow.js";
import { EditQueue, post, type Edit, type Saved } from "../Frame/edits.js";

export class Grid {
  readonly root: HTMLElement;
  readonly queue: EditQueue;
  private readonly columns: Column[];
  private readonly mayEdit: boolean;
  private readonly follow: Follow;
  private editing: { cell: HTMLElement; column: Column; editor: Editor; before: string; base: number; kept: Node[]; draft?: ReturnType<typeof setTimeout> } | undefined;
  private last: { row: string; column: string; version: number } | undefined;

  constructor(root: HTMLElement, facts: { list: string; me: string; mayEdit: boolean; columns: Column[] }) {
    this.root = root;
    [this.columns, this.mayEdit] = [facts.columns, facts.mayEdit];
    this.queue = new EditQueue(facts.list, facts.me);
    this.queue.onChange = (edit, saved) => this.changed(edit, saved);
    this.follow = new Follow(root, () => this.editing?.cell, () => this.ready());
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("focusout", (event) => { if (this.editing && !this.editing.cell.contains(event.relatedTarget as Node)) this.commit(); });
    root.addEventListener("focusin", (event) => this.rove(event.target as HTMLElement));
    addEventListener("pagehide", () => this.keepDraft());
    void this.start();
  }

  private async start(): Promise<void> {
    await this.queue.load();
    this.ready();
    const draft = this.queue.in("draft")[0];
    const cell = draft && this.cell(draft.row, draft.column);
    if (cell && this.mayEdit) {
      this.edit(cell, draft.text);
      toast({ key: "draft", text: t("You were typing here. It is not saved yet."), icon: "edit" });
    }
    await this.queue.flush();
  }

  /** After every look of the server: one cell can be reached by Tab, and what waits is shown where it belongs. */
  private ready(): void {
    if (!this.root.querySelector("[tabindex='0']")) (this.root.querySelector<HTMLElement>("tbody td") ?? this.root.querySelector<HTMLElement>("tbody th.who"))?.setAttribute("tabindex", "0");
    for (const edit of this.queue.edits.values()) this.show(edit);
    this.tell();
  }

  // Moving

  private rows(): HTMLElement[] { return [...this.root.querySelectorAll<HTMLElement>("tr[data-row]")]; }
  private cells(row: Element): HTMLElement[] { return [...row.children] as HTMLElement[]; }
  private cell(row: string, column: string): HTMLElement | undefined {
    const at = this.columns.findIndex((c) => c.id === column);
    const line = this.root.querySelector(`tr[data-row="${CSS.escape(row)}"]`);
    return at < 0 || !line ? undefined : this.cells(line)[at + 1];
  }

  private rove(target: HTMLElement): void {
    const cell = target.closest<HTMLElement>("tr[data-row] > *");
    if (!cell || this.editing) return;
    this.root.querySelectorAll("tr[data-row] > [tabindex='0']").forEach((old) => old.setAttribute("tabindex", "-1"));
    cell.tabIndex = 0;
  }

  private go(cell: HTMLElement, down: number, right: number): void {
    const rows = this.rows();
    const row = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(cell.parentElement!) + down))];
    const at = this.cells(cell.parentElement!).indexOf(cell) + right;
    const cells = row ? this.cells(row) : [];
    cells[Math.max(0, Math.min(cells.length - 1, at))]?.focus();
  }

  private key(event: KeyboardEvent): void {
    if (this.editing) return this.keyInEditor(event);
    const cell = (event.target as HTMLElement).closest<HTMLElement>("tr[data-row] > *");
    if (!cell) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); return void this.undo(); }
    const far = event.ctrlKey || event.metaKey ? 1e6 : 0;
    const step = { ArrowDown: [far || 1, 0], ArrowUp: [-(far || 1), 0], ArrowRight: [0, far || 1], ArrowLeft: [0, -(far || 1)], Home: [far ? -far : 0, -1e6], End: [far, 1e6], PageDown: [10, 0], PageUp: [-10, 0] }[event.key];
    if (step) {
      event.preventDefault();
      this.go(cell, step[0]!, step[1]!);
    } else if (event.key === "Enter" || event.key === "F2") {
      event.preventDefault();
      if (cell.matches("th")) cell.querySelector<HTMLElement>("[data-enter]")?.click();
      else this.edit(cell);
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.editable(cell)) {
      event.preventDefault();
      this.put(cell, "");
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && this.editable(cell)) {
      event.preventDefault();
      const column = this.columnOf(cell)!;
      if (column.type === "boolean" && event.key === " ") this.put(cell, text(cell) === "true" ? "false" : "true");
      else this.edit(cell, event.key === " " ? undefined : event.key);
    }
    event.stopPropagation(); // letters typed here are no keys of the page; "/" and "?" work outside the grid
  }

  private keyInEditor(event: KeyboardEvent): void {
    const { cell, editor } = this.editing!;
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      this.close(true);
      cell.focus();
    } else if (event.key === "Enter" && !(event.shiftKey && editor instanceof HTMLTextAreaElement)) {
      event.preventDefault();
      this.commit();
      this.go(cell, 1, 0);
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.commit();
      this.go(cell, 0, event.shiftKey ? -1 : 1);
    }
  }

  private click(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    const cell = target.closest<HTMLElement>("tr[data-row] > td");
    if (!cell || this.editing?.cell === cell || target.closest("a")) return;
    const again = document.activeElement === cell && cell.dataset.touched === "1";
    this.root.querySelectorAll<HTMLElement>("[data-touched]").forEach((c) => delete c.dataset.touched);
    cell.dataset.touched = "1";
    if (target.closest("[data-choose]") || again || matchMedia("(pointer: coarse)").matches) this.edit(cell);
    else cell.focus();
  }

  // Editing

  private columnOf(cell: HTMLElement): Column | undefined { return this.columns[this.cells(cell.parentElement!).indexOf(cell) - 1]; }
  private editable(cell: HTMLElement): boolean { return this.mayEdit && this.columnOf(cell)?.edit === true && Boolean(cell.dataset.n); }

  private edit(cell: HTMLElement, typed?: string): void {
    if (!this.editable(cell)) return;
    const column = this.columnOf(cell)!;
    const row = cell.parentElement!.dataset.row!;
    const known = this.queue.of(row, column.id);
    if (known && (known.state === "conflict" || known.state === "refused")) {
      return void chooseText(this.queue, known, column, (said) => inWords(column, said)).then(() => this.follow.refresh());
    }
    this.commit();
    const before = text(cell);
    const { editor, parts } = editorOf(column, known?.state === "waiting" ? known.text : before);
    this.editing = { cell, column, editor, before, base: Number(cell.dataset.n), kept: [...cell.childNodes] };
    cell.replaceChildren(...parts);
    cell.classList.add("editing");
    if (typed !== undefined) {
      if (editor instanceof HTMLSelectElement) editor.value = [...editor.options].find((o) => o.text.toLowerCase().startsWith(typed.toLowerCase()))?.value ?? editor.value;
      else if (editor.type === "date" || editor.type === "datetime-local") { if (typed.length > 1) editor.value = typed; }
      else editor.value = typed;
    }
    editor.focus();
    if (typed === undefined && !(editor instanceof HTMLSelectElement)) editor.select();
    editor.addEventListener("input", () => {
      const now = this.editing;
      if (!now) return;
      clearTimeout(now.draft);
      now.draft = setTimeout(() => void this.queue.draft(row, column.id, now.base, editor.value, before), 250);
    });
    this.here();
  }

  private commit(): void {
    const now = this.editing;
    if (!now) return;
    const said = now.editor.value.trim();
    const row = now.cell.parentElement!.dataset.row!;
    this.close(false);
    const waiting = this.queue.of(row, now.column.id);
    if (said === (waiting?.state === "waiting" ? waiting.text : now.before)) {
      if (waiting?.state === "draft") void this.queue.drop(row, now.column.id);
      return;
    }
    void this.queue.put(row, now.column.id, now.base, said, now.before);
  }

  /** Left in the middle of a sentence: it is offered again, never sent half. */
  private keepDraft(): void {
    const now = this.editing;
    if (now && now.editor.value !== now.before) void this.queue.draft(now.cell.parentElement!.dataset.row!, now.column.id, now.base, now.editor.value, now.before);
  }

  private put(cell: HTMLElement, said: string): void {
    if (said === text(cell)) return;
    void this.queue.put(cell.parentElement!.dataset.row!, this.columnOf(cell)!.id, Number(cell.dataset.n), said, text(cell));
  }

  private close(forget: boolean): void {
    const now = this.editing;
    if (!now) return;
    this.editing = undefined; // first: taking the editor away is leaving it, which would commit
    clearTimeout(now.draft);
    now.cell.replaceChildren(...now.kept);
    now.cell.classList.remove("editing");
    const row = now.cell.parentElement?.dataset.row;
    if (forget && row && this.queue.of(row, now.column.id)?.state === "draft") void this.queue.drop(row, now.column.id);
    this.here();
    this.follow.settle();
  }

  // What waits, what was saved

  private changed(edit: Edit, saved?: Saved): void {
    const cell = this.cell(edit.row, edit.column);
    if (saved) {
      if (cell && this.editing?.cell !== cell) {
        delete cell.dataset.state;
        cell.dataset.n = String(saved.version);
        cell.dataset.v = saved.text;
        cell.replaceChildren(saved.shown);
      }
      if (saved.version > edit.base) this.last = { row: edit.row, column: edit.column, version: saved.version };
      this.follow.refresh(); // tones and rules are the server's words
    } else this.show(edit);
    this.tell(saved);
  }

  private show(edit: Edit): void {
    const cell = this.cell(edit.row, edit.column);
    const column = this.columns.find((c) => c.id === edit.column);
    if (!cell || !column || this.editing?.cell === cell || edit.state === "draft") return;
    cell.dataset.state = edit.state;
    const words = { waiting: t("waiting to be saved"), conflict: t("two texts: choose"), refused: t("not saved"), draft: "" }[edit.state];
    cell.replaceChildren(
      element("span", { class: "list-mine" }, inWords(column, edit.text)),
      element("span", { class: `badge ${edit.state === "waiting" ? "grey" : "amber"}`, ...(edit.state === "waiting" ? {} : { "data-choose": "" }) }, iconElement(edit.state === "waiting" ? "clock" : "warning"), words),
      ...(edit.state === "conflict" ? [element("span", { class: "list-theirs" }, `${edit.by || t("Somebody")}: ${inWords(column, edit.theirs ?? "")}`)] : []));
  }

  private tell(saved?: Saved): void {
    const bar = document.querySelector<HTMLElement>("[data-queue]");
    const foot = document.querySelector<HTMLElement>("[data-foot]");
    const [waiting, stuck] = [this.queue.in("waiting").length, this.queue.in("conflict").length + this.queue.in("refused").length];
    if (bar) {
      const lines = [];
      if (waiting > 0 && this.queue.trouble === "signed-out") lines.push(t("{0} edits are kept on this device. Sign in again and they are sent.", waiting));
      else if (waiting > 0 && this.queue.trouble) lines.push(t("No connection: {0} edits are kept on this device and sent when it is back.", waiting));
      if (stuck > 0) lines.push(t("{0} cells have two texts, or could not be saved: choose.", stuck));
      bar.hidden = lines.length === 0;
      bar.replaceChildren(iconElement("warning"), element("span", {}, lines.join(" ")));
    }
    if (!foot || !this.mayEdit) return;
    const keys = element("span", {}, t("Arrows move, Enter edits, Escape leaves, Ctrl+Z takes back."));
    if (!this.last) return foot.replaceChildren(keys);
    const undo = element("button", { type: "button", class: "button quiet", "data-undo": "" }, iconElement("undo"), t("Take back my last change"));
    undo.addEventListener("click", () => void this.undo());
    foot.replaceChildren(element("span", { role: "status" }, saved ? t("Saved.") : ""), undo, keys);
  }

  private async undo(): Promise<void> {
    if (!this.last) return;
    const { row, column, version } = this.last;
    const answer = await post(location.pathname + "?handler=undo", { row, column, version: String(version) });
    if (typeof answer === "string") return void toast({ key: "undo", text: t("No connection: it is not taken back."), icon: "warning" });
    this.last = undefined;
    toast({ key: "undo", text: answer.status === 200 ? t("Taken back.") : answer.status === 409 ? t("Somebody changed it since: it stays.") : String(answer.body.detail ?? ""), icon: answer.status === 200 ? "undo" : "warning" });
    this.follow.refresh();
    this.tell();
  }

  // Who else is where

  here(): void {
    const now = this.editing;
    void this.follow.others(now ? { row: now.cell.parentElement!.dataset.row!, column: now.column.id } : {}, (row, column) => this.cell(row, column));
  }

  sync(): void {
    if (document.hidden) return;
    this.here();
  }
}

/** What an editor would begin with. */
function text(cell: HTMLElement): string { return cell.dataset.v ?? ""; }
