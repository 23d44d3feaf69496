// One editor per kind of column, in the cell itself.
import { element } from "../Frame/icon.js";
import { t } from "../Frame/words.js";

export interface Column {
  id: string; name: string; type: string; edit: boolean; required: boolean;
  choices: string[] | null; own: boolean; several: boolean; offers: [string, string][] | null;
}

export type Editor = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

let made = 0;

export function editorOf(column: Column, text: string): { editor: Editor; parts: HTMLElement[] } {
  const label = { "aria-label": column.name, autocomplete: "off", ...(column.required ? { "aria-required": "true" } : {}) };
  if (column.type === "boolean") return alone(select(label, [["", ""], ["true", t("yes")], ["false", t("no")]], text));
  if (column.offers) return alone(select(label, [["", ""], ...column.offers], text));
  if (column.choices && !column.own && !column.several) return alone(select(label, [["", ""], ...column.choices.map((c) => [c, c] as [string, string])], text));
  if (column.choices) {
    const id = `choices-${++made}`;
    const input = element("input", { ...label, list: id, value: text, ...(column.several ? { placeholder: t("several: with ; between") } : {}) });
    return { editor: input, parts: [input, element("datalist", { id }, ...column.choices.map((c) => element("option", { value: c })))] };
  }
  if (column.type === "text") {
    const area = element("textarea", { ...label, rows: "1", maxlength: "4000" });
    area.value = text;
    const fit = () => { area.rows = Math.min(8, area.value.split("\n").length); };
    area.addEventListener("input", fit);
    fit();
    return alone(area);
  }
  const type = { date: "date", dateTime: "datetime-local" }[column.type] ?? "text";
  return alone(element("input", { ...label, type, value: text, ...(column.type === "number" || column.type === "currency" ? { inputmode: "decimal" } : {}) }));
}

/** What a text means in words, before the server has said it. */
export function inWords(column: Column, text: string): string {
  if (column.type === "boolean") return text === "true" ? t("yes") : text === "false" ? t("no") : text;
  return column.offers?.find(([id]) => id === text)?.[1] ?? text.replace("T", column.type === "dateTime" ? " " : "T");
}

function alone<T extends Editor>(editor: T): { editor: T; parts: HTMLElement[] } { return { editor, parts: [editor] }; }

function select(label: Record<string, string>, options: [string, string][], text: string): HTMLSelectElement {
  const all = options.some(([value]) => value === text) ? options : [...options, [text, t("somebody else")] as [string, string]];
  const made = element("select", label, ...all.map(([value, word]) => element("option", { value }, word)));
  made.value = text;
  return made;
}
