// The live parts of handovers: the writer's sections save themselves, survive a reload and a lost network, and never take
// another screen's words; the reader goes from patient to patient by a swipe, the arrows or j and k.
import { element, iconElement } from "../Frame/icon.js";
import { onKey } from "../Frame/keys.js";
import { turns } from "../Frame/turn.js";
import { t, wordsReady } from "../Frame/words.js";
import { chooseText } from "../Frame/conflict.js";
import { EditQueue, type Edit, type Saved } from "../Frame/edits.js";

await wordsReady;

const pause = 700;

class Writer {
  private readonly root: HTMLElement;
  private readonly queue: EditQueue;
  private readonly typing = new Map<HTMLElement, ReturnType<typeof setTimeout>>();

  constructor(root: HTMLElement) {
    this.root = root;
    this.queue = new EditQueue(root.dataset.handover!, root.dataset.me!, `/handovers/${root.dataset.handover}?handler=section`);
    this.queue.onChange = (edit, saved) => { this.changed(edit, saved); this.bar(); };
    for (const plain of root.querySelectorAll<HTMLElement>("[data-plain]")) plain.hidden = true; // sections save themselves
    for (const field of this.fields()) {
      field.addEventListener("input", () => this.write(field));
      field.addEventListener("change", () => this.leave(field));
    }
    for (const form of root.querySelectorAll<HTMLFormElement>(".handover-grid")) form.addEventListener("submit", (event) => event.preventDefault());
    root.querySelector<HTMLFormElement>("[data-offer]")?.addEventListener("submit", (event) => this.offer(event as SubmitEvent));
    document.addEventListener("ht-change", (event) => {
      if ((event as CustomEvent<{ subject: string }>).detail.subject === `handover/${root.dataset.handover}`) void this.look();
    });
    document.addEventListener("ht-return", () => void this.look());
    onKey("j", t("Next patient"), () => this.go(1));
    onKey("k", t("Previous patient"), () => this.go(-1));
    void this.start();
  }

  private fields(): HTMLElement[] { return [...this.root.querySelectorAll<HTMLElement>("[data-section]")]; }
  private field(entry: string, section: string): HTMLElement | undefined { return this.fields().find((f) => entryOf(f) === entry && f.dataset.section === section); }

  private async start(): Promise<void> {
    await this.queue.load();
    for (const edit of this.queue.edits.values()) {
      const field = this.field(edit.row, edit.column);
      if (!field) continue;
      fill(field, edit.text);
      // Half a sentence of before the reload goes on where it stopped.
      if (edit.state === "draft") this.leave(field);
      else this.show(field, edit);
    }
    await this.queue.flush();
    this.bar();
  }

  /** Kept on the device with each letter, sent when the hand rests. */
  private write(field: HTMLElement): void {
    void this.queue.draft(entryOf(field), field.dataset.section!, Number(field.dataset.n), value(field), field.dataset.b ?? "");
    clearTimeout(this.typing.get(field));
    this.typing.set(field, setTimeout(() => this.leave(field), pause));
  }

  private leave(field: HTMLElement): void {
    clearTimeout(this.typing.get(field));
    this.typing.delete(field);
    const [entry, section, said] = [entryOf(field), field.dataset.section!, value(field)];
    if (section === "severity") badge(field, said);
    const edit = this.queue.of(entry, section);
    if (edit?.state === "conflict") return; // two texts: the person chooses first
    if (said === field.dataset.b && edit?.state !== "waiting") return void this.queue.drop(entry, section);
    void this.queue.put(entry, section, Number(field.dataset.n), said, field.dataset.b ?? "");
  }

  /** What is signed is what is on the screen: everything is saved first. */
  private async offer(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    for (const field of [...this.typing.keys()]) this.leave(field);
    await this.queue.flush();
    if (this.queue.edits.size === 0) (event.target as HTMLFormElement).submit();
    else this.bar();
  }

  private changed(edit: Edit, saved?: Saved): void {
    const field = this.field(edit.row, edit.column);
    if (!field) return;
    if (!saved) return this.show(field, edit);
    [field.dataset.n, field.dataset.b] = [String(saved.version), saved.text];
    if (value(field).trimEnd() !== saved.text && !field.contains(document.activeElement)) fill(field, saved.text);
    this.say(field, "done", t("Saved."), "green");
  }

  private show(field: HTMLElement, edit: Edit): void {
    if (edit.state === "waiting") return this.say(field, "clock", this.queue.trouble ? t("No connection: kept on this device.") : t("waiting to be saved"), "grey");
    if (edit.state === "draft") return this.say(field, "edit", t("not saved yet"), "amber");
    const choose = element("button", { type: "button", class: "button", "data-choose": "" }, edit.state === "conflict" ? t("two texts: choose") : t("not saved"));
    const name = field.querySelector("label, legend")?.textContent ?? "";
    choose.addEventListener("click", () => void chooseText(this.queue, edit, { name, type: field.dataset.section === "severity" ? "" : "text" }, (text) => text).then(() => { const now = this.queue.of(edit.row, edit.column); fill(field, now?.text ?? field.dataset.b ?? ""); }));
    this.say(field, "warning", edit.state === "conflict" ? t("{0} wrote “{1}” meanwhile.", edit.by || t("Somebody"), edit.theirs ?? "") : edit.detail ?? "", "amber", choose);
  }

  private say(field: HTMLElement, icon: string, text: string, tone: string, ...more: HTMLElement[]): void {
    field.querySelector("[data-state]")!.replaceChildren(element("span", { class: `badge ${tone}`, role: "status" }, iconElement(icon), text), ...more);
  }

  private bar(): void {
    const bar = this.root.querySelector<HTMLElement>("[data-queue]")!;
    const waiting = this.queue.in("waiting").length;
    const open = this.queue.in("conflict").length + this.queue.in("refused").length;
    bar.hidden = (waiting === 0 || !this.queue.trouble) && open === 0;
    if (!bar.hidden) bar.textContent = open > 0 ? t("Choose between two texts before you sign.") : this.queue.trouble === "signed-out" ? t("Sign in again: what you wrote is kept on this device.") : t("No connection: what you wrote is kept on this device.");
  }

  /** What another screen wrote, or a refresh brought, appears in sections that nobody is in. */
  private async look(): Promise<void> {
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.querySelectorAll<HTMLElement>("[data-section]")];
    const patients = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>("[data-patient]")].map((p) => p.dataset.patient).join();
    // Signed elsewhere, or other patients: begin anew, unless somebody is in the middle of a word.
    if ((fresh.length === 0 && this.fields().length > 0) || patients(page) !== patients(this.root)) { if (this.queue.edits.size === 0 && this.typing.size === 0) location.reload(); return; }
    for (const field of this.fields()) {
      const now = fresh.find((f) => entryOf(f) === entryOf(field) && f.dataset.section === field.dataset.section);
      if (!now || now.dataset.n === field.dataset.n || this.queue.of(entryOf(field), field.dataset.section!) || field.contains(document.activeElement)) continue;
      [field.dataset.n, field.dataset.b] = [now.dataset.n, now.dataset.b ?? ""];
      fill(field, now.dataset.b ?? "");
      if (field.dataset.section === "severity") badge(field, now.dataset.b ?? "");
      field.classList.add("changed");
      setTimeout(() => field.classList.remove("changed"), 2000);
    }
  }

  private go(step: number): void {
    const all = [...this.root.querySelectorAll<HTMLElement>("[data-patient]")];
    const at = all.findIndex((p) => p.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    next?.focus();
    next?.scrollIntoView({ block: "start" });
  }
}

const entryOf = (field: HTMLElement) => field.closest<HTMLElement>("[data-patient]")!.dataset.patient!;

function value(field: HTMLElement): string {
  const text = field.querySelector<HTMLTextAreaElement>("textarea");
  return text ? text.value : field.querySelector<HTMLInputElement>("input[type=radio]:checked")?.value ?? "";
}

function fill(field: HTMLElement, text: string): void {
  const area = field.querySelector<HTMLTextAreaElement>("textarea");
  if (area) area.value = text;
  else for (const radio of field.querySelectorAll<HTMLInputElement>("input[type=radio]")) radio.checked = radio.value === text;
}

/** The badge beside the patient's name says what was chosen. */
function badge(field: HTMLElement, severity: string): void {
  const shown = field.closest("[data-patient]")!.querySelector<HTMLElement>("[data-severity]");
  const chosen = [...field.querySelectorAll<HTMLInputElement>("input[type=radio]")].find((r) => r.value === severity)?.closest("label");
  if (!shown || !chosen) return;
  shown.className = `badge ${chosen.className}`;
  shown.replaceChildren(...[...chosen.childNodes].filter((n) => !(n instanceof HTMLInputElement)).map((n) => n.cloneNode(true)));
}

const key = (entry: string) => `ht-read-back|${entry}`;

/** What is being said is kept on this device until a page shows it as read back: a phone in a pocket reloads, and loses the network as one presses. */
function readBack(root: HTMLElement): void {
  const form = () => root.querySelector<HTMLFormElement>("[data-read-form]");
  const entry = () => form()?.querySelector<HTMLInputElement>("[name=entry]")?.value ?? "";
  const text = form()?.querySelector<HTMLTextAreaElement>("textarea");
  const kept = sessionStorage.getItem(key(entry()));
  if (text && kept && text.value === "") text.value = kept;
  root.addEventListener("input", (event) => { if ((event.target as Element).matches("[data-read-form] textarea")) sessionStorage.setItem(key(entry()), (event.target as HTMLTextAreaElement).value); });
  turns(root);
}

const writer = document.querySelector<HTMLElement>("[data-handover]");
if (writer) new Writer(writer);
for (const entry of document.querySelector<HTMLElement>("[data-read]")?.dataset["read"]?.split(" ") ?? []) sessionStorage.removeItem(key(entry));
const reading = document.querySelector<HTMLElement>("[data-read-back]");
if (reading) readBack(reading);
document.querySelector("[data-print]")?.addEventListener("click", () => print());
