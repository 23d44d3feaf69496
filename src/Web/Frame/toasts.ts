import { element, iconElement } from "./icon.js";
import { t } from "./words.js";

interface Toast {
  key: string;
  text: string;
  icon?: string;
  urgent?: boolean;
  actions?: (Node | string)[];
  stays?: boolean;
}

/** Shows a toast; one with the same key takes its place. */
export function toast({ key, text, icon = "info", urgent = false, actions = [], stays = false }: Toast): HTMLElement {
  dismiss(key);
  const close = element("button", { type: "button", class: "button quiet square", "aria-label": t("Dismiss") }, iconElement("close"));
  const shown = element("div", { class: urgent ? "toast red" : "toast", role: urgent ? "alert" : "status", "data-toast": key },
    iconElement(icon), element("span", {}, text), ...actions, close);
  close.addEventListener("click", () => shown.remove());
  document.querySelector("[data-toasts]")?.append(shown);
  if (!stays) setTimeout(() => shown.remove(), 10_000);
  return shown;
}

export function dismiss(key: string): void {
  document.querySelector(`[data-toast="${CSS.escape(key)}"]`)?.remove();
}

let calm: string | undefined;
let flashing: ReturnType<typeof setInterval> | undefined;

/** Lets the title blink until somebody looks at the page again. */
export function flashTitle(text: string): void {
  if (!document.hidden && document.hasFocus()) return;
  calm ??= document.title;
  clearInterval(flashing);
  flashing = setInterval(() => { document.title = document.title === text ? calm! : text; }, 1000);
  addEventListener("focus", () => {
    clearInterval(flashing);
    if (calm !== undefined) document.title = calm;
    calm = undefined;
  }, { once: true });
}
