// The numbers of the frame, and the urgent messages nobody read yet.
import { element } from "./icon.js";
import { chime } from "./sound.js";
import { dismiss, flashTitle, toast } from "./toasts.js";
import { t } from "./words.js";

interface Counts { waiting: number; unread: number; unseen: number; urgent: { id: string; from: string; notified: number }[] }

const told = new Map<string, number>();
const pause = 1500;
let asked = -pause;
let waiting = false;

/** Fetches the numbers: at once, but a burst of changes costs two requests. */
export function refreshCounts(): void {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    asked = performance.now();
    void load();
  }, Math.max(0, asked + pause - performance.now()));
}

async function load(): Promise<void> {
  const answer = await fetch("/counts", { redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return;
  const counts: Counts = await answer.json();
  show("waiting", counts.waiting);
  show("unread", counts.unread);
  show("unseen", counts.unseen);
  urgent(counts.urgent);
}

export function show(name: string, number: number): void {
  const badge = document.querySelector<HTMLElement>(`[data-count="${name}"]`);
  if (!badge) return;
  badge.hidden = number === 0;
  badge.replaceChildren(String(number), element("span", { class: "unseen" }, ` ${badge.dataset.word ?? ""}`));
  if (name === "waiting") document.title = (number > 0 ? `(${number}) ` : "") + document.title.replace(/^\(\d+\) /, "");
}

function urgent(messages: Counts["urgent"]): void {
  const here = location.pathname;
  for (const id of told.keys()) {
    if (messages.some((message) => message.id === id)) continue;
    told.delete(id);
    dismiss(id);
  }
  let rang = false;
  for (const { id, from, notified } of messages) {
    if (told.get(id) === notified || here === `/messages/${id}`) continue;
    told.set(id, notified);
    rang = true;
    const open = element("button", { class: "button", form: "act", formaction: `/messages/${id}/reading` }, t("Open"));
    toast({ key: id, text: t("Urgent message from {0}.", from), icon: "warning", urgent: true, stays: true, actions: [open] });
  }
  if (!rang) return;
  flashTitle(t("Urgent message"));
  void chime("urgent");
  navigator.vibrate?.([200, 100, 200]);
}
