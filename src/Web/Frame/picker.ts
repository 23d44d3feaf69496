// <people-picker kind="patient|staff" name="person" label="Patient" [multiple] [required]>: type a name or a number,
// choose with the arrows. The chosen are hidden inputs of that name, so that a plain form sends them.
// A combobox as https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ describes it.
import { element, iconElement } from "./icon.js";
import { t, wordsReady } from "./words.js";

interface Choice { id: string; name: string; facts: string }

let made = 0;

class PeoplePicker extends HTMLElement {
  private input!: HTMLInputElement;
  private options!: HTMLElement;
  private chosen!: HTMLElement;
  private found: Choice[] = [];
  private at = -1;
  private asked = 0;

  connectedCallback(): void {
    if (this.input) return;
    const id = `picker-${++made}`;
    this.input = element("input", {
      id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: t("Type a name or a number"),
      "aria-expanded": "false", "aria-controls": `${id}-options`, "aria-autocomplete": "list",
    });
    this.options = element("div", { id: `${id}-options`, role: "listbox", class: "options", hidden: "" });
    this.chosen = element("div", { class: "chosen" });
    const status = element("span", { class: "unseen", role: "status" });
    const label = element("label", { for: id }, this.getAttribute("label") ?? "");
    // What the server already knows stands inside as <data value="ID">Name</data>.
    const before = [...this.querySelectorAll("data")].map((d) => ({ id: d.value, name: d.textContent ?? "", facts: "" }));
    this.replaceChildren(label, this.chosen, this.input, this.options, status);
    before.forEach((choice) => this.choose(choice));
    this.input.addEventListener("input", () => void this.look(status));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", (event) => { if (!this.contains(event.relatedTarget as Node)) this.close(); });
    this.need();
  }

  private async look(status: HTMLElement): Promise<void> {
    const turn = ++this.asked;
    const words = this.input.value.trim();
    if (words.length < 2) return this.close();
    await new Promise((rest) => setTimeout(rest, 150));
    if (turn !== this.asked) return;
    const answer = await fetch(`/people?kind=${this.getAttribute("kind")}&q=${encodeURIComponent(words)}`).catch(() => null);
    if (turn !== this.asked || !answer?.ok) return;
    this.found = await answer.json();
    this.at = this.found.length > 0 ? 0 : -1;
    status.textContent = this.found.length > 0 ? t("{0} found", String(this.found.length)) : t("Nobody of that name");
    this.draw();
  }

  private draw(): void {
    this.options.replaceChildren(...this.found.map((choice, i) => {
      const option = element("div", { role: "option", id: `${this.input.id}-${i}`, "aria-selected": String(i === this.at) },
        element("strong", {}, choice.name), element("span", { class: "facts" }, choice.facts));
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); this.choose(choice); });
      return option;
    }));
    if (this.found.length === 0) this.options.append(element("div", { class: "none" }, t("Nobody of that name")));
    this.options.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", `${this.input.id}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  private key(event: KeyboardEvent): void {
    const open = !this.options.hidden;
    if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp") && this.found.length > 0) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : this.found.length - 1)) % this.found.length;
      this.draw();
    } else if (open && event.key === "Enter" && this.found[this.at]) {
      event.preventDefault();
      this.choose(this.found[this.at]!);
    }
  }

  private choose(choice: Choice): void {
    if (!this.hasAttribute("multiple")) this.chosen.replaceChildren();
    if (!this.chosen.querySelector(`input[value="${CSS.escape(choice.id)}"]`)) {
      const drop = element("button", { type: "button", class: "button quiet square", "aria-label": t("Remove {0}", choice.name) }, iconElement("close"));
      const chip = element("span", { class: "chip" }, choice.name, element("span", { class: "facts" }, choice.facts),
        element("input", { type: "hidden", name: this.getAttribute("name") ?? "person", value: choice.id }), drop);
      drop.addEventListener("click", () => { chip.remove(); this.need(); this.input.focus(); this.tell(); });
      this.chosen.append(chip);
    }
    this.input.value = "";
    this.close();
    this.need();
    this.tell();
  }

  private tell(): void { this.dispatchEvent(new Event("change", { bubbles: true })); }

  private need(): void {
    this.input.required = this.hasAttribute("required") && !this.chosen.querySelector("input");
  }

  private close(): void {
    this.options.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

void wordsReady.then(() => customElements.define("people-picker", PeoplePicker));
