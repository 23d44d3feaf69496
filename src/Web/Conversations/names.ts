// @ and a name: a menu beside the text. Whoever writes the name by hand names them as well; the server reads the text.
import { element } from "../Frame/icon.js";

export function names(form: HTMLFormElement, text: HTMLTextAreaElement): void {
  const all = JSON.parse(document.getElementById("names")?.textContent ?? "[]") as string[];
  const menu = form.querySelector<HTMLElement>("[data-names]")!;
  let at = -1;
  let found: string[] = [];

  const started = () => /(^|[^\p{L}\p{N}])@([\p{L}\p{N} .'-]{0,40})$/u.exec(text.value.slice(0, text.selectionStart));
  text.addEventListener("input", () => {
    const word = started()?.[2]?.toLocaleLowerCase();
    found = word === undefined ? [] : all.filter((name) => (" " + name.toLocaleLowerCase()).includes(" " + word)).slice(0, 6);
    at = found.length > 0 ? 0 : -1;
    show();
  });
  text.addEventListener("keydown", (event) => {
    if (menu.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    else if (event.key === "Enter" || event.key === "Tab") take(found[at]!);
    else if (event.key === "Escape") { event.stopPropagation(); found = []; }
    else return;
    event.preventDefault();
    show();
  });
  text.addEventListener("blur", () => setTimeout(() => { found = []; show(); }, 150));

  function take(name: string): void {
    const head = text.value.slice(0, text.selectionStart).replace(/@[\p{L}\p{N} .'-]{0,40}$/u, `@${name} `);
    const tail = text.value.slice(text.selectionStart);
    text.value = head + tail;
    text.setSelectionRange(head.length, head.length);
    found = [];
    text.dispatchEvent(new Event("input"));
    found = [];
    show();
  }

  function show(): void {
    menu.hidden = found.length === 0;
    menu.replaceChildren(...found.map((name, i) => {
      const option = element("button", { type: "button", role: "option", id: `name-${i}`, "aria-selected": String(i === at), tabindex: "-1" }, `@${name}`);
      option.addEventListener("mousedown", (event) => { event.preventDefault(); take(name); });
      return option;
    }));
    if (at >= 0 && found.length > 0) text.setAttribute("aria-activedescendant", `name-${at}`);
    else text.removeAttribute("aria-activedescendant");
  }
}
