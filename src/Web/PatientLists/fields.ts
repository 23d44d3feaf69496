// A row on a page of its own (phone, rounding): each field is saved as it is left, kept when there is no network, and two
// texts for one field are both shown.
import { iconElement, element } from "../Frame/icon.js";
import { t } from "../Frame/words.js";
import { chooseText } from "../Frame/conflict.js";
import { EditQueue, type Edit, type Saved } from "../Frame/edits.js";

export class RowFields {
  private readonly root: HTMLElement;
  private readonly row: string;
  private readonly queue: EditQueue;

  constructor(root: HTMLElement) {
    this.root = root;
    this.row = root.dataset.rowPage!;
    this.queue = new EditQueue(root.dataset.list!, root.dataset.me!);
    this.queue.onChange = (edit, saved) => this.changed(edit, saved);
    for (const plain of root.querySelectorAll<HTMLElement>("[data-plain]")) plain.hidden = true; // fields save themselves
    for (const field of this.fields()) {
      field.addEventListener("change", () => this.leave(field));
      field.addEventListener("input", () => void this.queue.draft(this.row, field.dataset.field!, Number(field.dataset.n), value(field), field.dataset.b ?? ""));
      field.dataset.b = value(field);
    }
    root.querySelector("[data-row-form]")?.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("ht-change", (event) => {
      if ((event as CustomEvent<{ subject: string }>).detail.subject === `list/${root.dataset.list}`) void this.look();
    });
    document.addEventListener("ht-return", () => void this.look());
    void this.start();
  }

  private fields(): HTMLElement[] { return [...this.root.querySelectorAll<HTMLElement>("[data-field]:not([data-field=''])")]; }
  private field(column: string): HTMLElement | undefined { return this.fields().find((f) => f.dataset.field === column); }

  private async start(): Promise<void> {
    await this.queue.load();
    for (const edit of this.queue.edits.values()) {
      const field = edit.row === this.row ? this.field(edit.column) : undefined;
      if (!field) continue;
      fill(field, edit.text);
      this.show(field, edit);
    }
    await this.queue.flush();
  }

  private leave(field: HTMLElement): void {
    const said = value(field);
    if (said === field.dataset.b) return void this.queue.drop(this.row, field.dataset.field!);
    void this.queue.put(this.row, field.dataset.field!, Number(field.dataset.n), said, field.dataset.b ?? "");
  }

  private changed(edit: Edit, saved?: Saved): void {
    const field = edit.row === this.row ? this.field(edit.column) : undefined;
    if (!field) return;
    if (saved) {
      [field.dataset.n, field.dataset.b] = [String(saved.version), saved.text];
      if (!field.contains(document.activeElement)) fill(field, saved.text);
      this.say(field, "done", t("Saved."), "green");
    } else this.show(field, edit);
  }

  private show(field: HTMLElement, edit: Edit): void {
    if (edit.state === "waiting") return this.say(field, "clock", this.queue.trouble ? t("No connection: kept on this device.") : t("waiting to be saved"), "grey");
    if (edit.state === "draft") return this.say(field, "edit", t("not saved yet"), "amber");
    const choose = element("button", { type: "button", class: "button", "data-choose": "" }, edit.state === "conflict" ? t("two texts: choose") : t("not saved"));
    choose.addEventListener("click", () => void chooseText(this.queue, edit, { name: label(field), type: field.querySelector("textarea") ? "text" : "" }, (text) => words(field, text)));
    this.say(field, "warning", edit.state === "conflict" ? t("{0} wrote “{1}” meanwhile.", edit.by || t("Somebody"), words(field, edit.theirs ?? "")) : edit.detail ?? "", "amber", choose);
  }

  private say(field: HTMLElement, icon: string, text: string, tone: string, ...more: HTMLElement[]): void {
    field.querySelector("[data-state]")!.replaceChildren(element("span", { class: `badge ${tone}`, role: "status" }, iconElement(icon), text), ...more);
  }

  /** What others wrote appears in fields that nobody is in. */
  private async look(): Promise<void> {
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const field of this.fields()) {
      const fresh = page.querySelector<HTMLElement>(`[data-field="${field.dataset.field}"]`);
      if (!fresh || fresh.dataset.n === field.dataset.n || this.queue.of(this.row, field.dataset.field!) || field.contains(document.activeElement)) continue;
      const text = fresh.querySelector<HTMLInputElement>(`[name="b.${field.dataset.field}"]`)?.value ?? "";
      [field.dataset.n, field.dataset.b] = [fresh.dataset.n, text];
      fill(field, text);
      field.classList.add("changed");
      setTimeout(() => field.classList.remove("changed"), 2000);
    }
  }
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
const controls = (field: HTMLElement) => [...field.querySelectorAll<Control>("[name^='v.']")];

function value(field: HTMLElement): string {
  return controls(field).filter((c) => !(c instanceof HTMLInputElement && c.type === "checkbox") || c.checked).map((c) => c.value.trim()).filter((v) => v.length > 0).join("; ");
}

function fill(field: HTMLElement, text: string): void {
  const all = controls(field);
  if (all.length === 1) { all[0]!.value = text; return; }
  const said = text.split("; ").filter((s) => s.length > 0);
  for (const c of all) if (c instanceof HTMLInputElement && c.type === "checkbox") c.checked = said.includes(c.value);
  const own = all.find((c) => !(c instanceof HTMLInputElement && c.type === "checkbox"));
  if (own) own.value = said.filter((s) => !all.some((c) => c instanceof HTMLInputElement && c.type === "checkbox" && c.value === s)).join("; ");
}

const label = (field: HTMLElement) => field.querySelector("label, legend")?.textContent ?? "";
function words(field: HTMLElement, text: string): string {
  const select = field.querySelector("select");
  return select ? [...select.options].find((o) => o.value === text)?.text ?? text : text;
}
