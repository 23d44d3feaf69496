// Two texts for one cell: both are shown with whose they are, and the person chooses.
import { element } from "./icon.js";
import { t } from "./words.js";
import type { Edit, EditQueue } from "./edits.js";

export function chooseText(queue: EditQueue, edit: Edit, column: { name: string; type: string }, words: (text: string) => string): Promise<void> {
  return new Promise((settled) => {
    const refused = edit.state === "refused";
    const dialog = element("dialog", { class: "list-choice", "aria-label": column.name });
    const before = document.activeElement;
    const take = (word: string, text: string, primary = false) => {
      const button = element("button", { type: "button", class: primary ? "button primary" : "button" }, word);
      button.addEventListener("click", () => { void queue.choose(edit, text).then(() => dialog.close()); });
      return button;
    };
    const actions = element("div", { class: "actions" });
    if (refused) {
      const drop = element("button", { type: "button", class: "button" }, t("Give up my text"));
      drop.addEventListener("click", () => { void queue.drop(edit.row, edit.column).then(() => { queue.onChange({ ...edit, text: edit.before }, { version: edit.base, text: edit.before, shown: words(edit.before) }); dialog.close(); }); });
      actions.append(take(t("Try again"), edit.text, true), drop);
    } else {
      actions.append(take(t("Keep mine"), edit.text, true), take(t("Keep theirs"), edit.theirs ?? ""));
      if (column.type === "text" && edit.theirs && edit.text) actions.append(take(t("Keep both"), `${edit.theirs}\n${edit.text}`));
    }
    const later = element("button", { type: "button", class: "button quiet" }, t("Later"));
    later.addEventListener("click", () => dialog.close());
    actions.append(later);
    dialog.append(
      element("h2", {}, column.name),
      refused ? element("p", {}, edit.detail ?? "") : element("p", {}, t("{0} changed this at {1} while you wrote. Nothing is lost: choose.", edit.by || t("Somebody"), edit.when ?? "")),
      element("dl", { class: "two-texts" },
        element("dt", {}, t("Yours")), element("dd", { "data-mine": "" }, words(edit.text) || t("empty")),
        ...(refused ? [] : [element("dt", {}, t("Theirs")), element("dd", { "data-theirs": "" }, words(edit.theirs ?? "") || t("empty"))])),
      actions);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      settled();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
