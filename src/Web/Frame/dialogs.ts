// Native dialogs: the browser keeps focus inside, Escape closes the top one, and focus returns where it was.
import { element, iconElement } from "./icon.js";
import { t } from "./words.js";

export function showDialog(title: string | null, ...content: Node[]): HTMLDialogElement {
  const close = element("button", { type: "button", class: "button quiet square", "aria-label": t("Close") }, iconElement("close"));
  const dialog = element("dialog", title ? { "aria-label": title } : {});
  if (title) dialog.append(element("div", { class: "head" }, element("h2", {}, title), close));
  dialog.append(...content);
  const before = document.activeElement;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Asks before something that cannot be taken back; true when the person confirms. */
export function confirm(title: string, consequence: string, act: string): Promise<boolean> {
  return new Promise((answer) => {
    let said = false;
    const yes = element("button", { type: "button", class: "button danger" }, act);
    const no = element("button", { type: "button", class: "button quiet" }, t("Cancel"));
    const dialog = showDialog(title, element("p", {}, consequence), element("div", { class: "actions spaced" }, yes, no));
    yes.addEventListener("click", () => { said = true; dialog.close(); });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => answer(said));
    no.focus();
  });
}

// A link marked data-dialog opens its page as a dialog; without script it is a page of its own.
document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest?.<HTMLAnchorElement>("a[data-dialog]");
  // A page's own bundle brings this module a second time: one opening is enough.
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void openPage(link.href);
});

async function openPage(address: string): Promise<void> {
  const url = new URL(address);
  url.searchParams.set("part", "dialog");
  const answer = await fetch(url).catch(() => null);
  if (!answer?.ok) return void location.assign(address);
  const box = element("div");
  fill(box, await answer.text());
  const dialog = showDialog(null, box);
  name(dialog);
  dialog.addEventListener("submit", (event) => void submit(event as SubmitEvent, dialog, box));
}

async function submit(event: SubmitEvent, dialog: HTMLDialogElement, box: HTMLElement): Promise<void> {
  const form = event.target as HTMLFormElement;
  if (!form.action.includes("part=dialog")) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) }).catch(() => null);
  if (!answer?.ok) return void form.submit();
  fill(box, await answer.text());
  name(dialog);
  box.querySelector<HTMLInputElement>("[data-select]")?.select();
}

// The page's own answer: same origin, written by our templates.
function fill(box: HTMLElement, html: string): void {
  box.innerHTML = html;
  for (const hidden of box.querySelectorAll<HTMLElement>("[data-script]")) hidden.hidden = false;
}

function name(dialog: HTMLDialogElement): void {
  dialog.setAttribute("aria-label", dialog.querySelector("h1")?.textContent ?? "");
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest?.<HTMLElement>("[data-copy]");
  if (!button) return;
  const input = button.closest(".sheet-form, dialog")?.querySelector<HTMLInputElement>("[data-copy-from]");
  if (input) void copy(input, button.querySelector<HTMLElement>("[data-copied]") ?? button);
});

async function copy(input: HTMLInputElement, label: HTMLElement): Promise<void> {
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
  } catch {
    return; // It stays selected, ready for the keyboard.
  }
  label.textContent = label.dataset.copied ?? t("Copied");
}

// A button that destroys says first what, and what follows; without script the server's undo is the net.
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest?.<HTMLButtonElement>("button[data-confirm]");
  if (!button?.form || event.defaultPrevented || button.dataset.confirmed) return;
  event.preventDefault();
  void confirm(button.dataset.confirm!, button.dataset.confirmText ?? "", button.textContent?.trim() || button.ariaLabel || "").then((yes) => {
    if (!yes) return;
    button.dataset.confirmed = "yes";
    button.form!.requestSubmit(button);
    delete button.dataset.confirmed;
  });
});
