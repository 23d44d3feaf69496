// The live part of conversations: what changed since the last number that was seen is fetched, in its order, however long the
// line was away; nothing is shown twice. Without script the pages work with forms and links.
import "../Frame/picker.js";
import { post } from "../Frame/edits.js";
import { element, iconElement } from "../Frame/icon.js";
import { t, wordsReady } from "../Frame/words.js";
import { names } from "./names.js";
import { PostQueue, type Waiting } from "./queue.js";

await wordsReady;
const root = document.querySelector<HTMLElement>("[data-chat]");
if (root) root.dataset.conversation ? conversation(root, root.dataset.conversation) : list(root, "");

/** The conversations at the left: fetched again, the focus stays on its row. */
function list(root: HTMLElement, open: string): void {
  let asked = false;
  const again = () => {
    if (asked) return;
    asked = true;
    setTimeout(async () => {
      asked = false;
      const answer = await fetch(`/messages?part=conversations${open ? `&open=${open}` : ""}`, { redirect: "manual" }).catch(() => null);
      if (!answer?.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-conversations]");
      const old = root.querySelector("[data-conversations]");
      if (!fresh || !old || old.querySelector("input:focus")) return;
      const row = document.activeElement?.closest<HTMLElement>("[data-row]")?.dataset.row;
      const [mine, theirs] = [old.querySelector<HTMLInputElement>("[data-search]"), fresh.querySelector<HTMLInputElement>("[data-search]")];
      if (mine && theirs) theirs.value = mine.value;
      const top = old.scrollTop;
      old.replaceWith(fresh);
      fresh.scrollTop = top;
      if (row) fresh.querySelector<HTMLElement>(`[data-row="${row}"] a`)?.focus();
    }, 250);
  };
  document.addEventListener("ht-change", (event) => { if (/^(message\.|live)/.test((event as CustomEvent).detail.kind)) again(); });
  document.addEventListener("ht-return", again);
  root.addEventListener("keydown", (event) => {
    const row = (event.target as Element).closest<HTMLElement>(".conversations [data-row]");
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : event.key === "ArrowUp" ? row?.previousElementSibling : null;
    if (!next) return;
    event.preventDefault();
    next.querySelector("a")?.focus();
  });
}

function conversation(root: HTMLElement, id: string): void {
  list(root, id);
  const here = `/messages/c/${id}`;
  const log = root.querySelector<HTMLElement>("[data-log]")!;
  const news = log.querySelector<HTMLElement>("[data-news]")!;
  const query = new URLSearchParams(location.search);
  const thread = root.dataset.thread ?? "";
  const old = query.has("before") || query.has("m") || query.has("pick");
  let change = Number(root.dataset.change);
  let last = Number(root.dataset.last);
  let read = 0;
  let fetching = false;
  let again = false;

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  if (location.hash.startsWith("#m-")) document.querySelector(location.hash)?.scrollIntoView({ block: "center" });
  else if (!old) (news.querySelector(".new") ? () => news.querySelector(".new")!.scrollIntoView({ block: "center" }) : toEnd)();

  async function fresh(): Promise<void> {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      do {
        again = false;
        const answer = await fetch(`${here}?part=news&after=${change}${thread ? `&thread=${thread}` : ""}`, { redirect: "manual" }).catch(() => null);
        if (!answer) return;
        if (answer.status === 404) { location.assign("/messages"); return; }
        if (!answer.ok) return;
        take(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-news]"));
      } while (again);
    } finally {
      fetching = false;
    }
  }

  const later = new WeakMap<HTMLElement, HTMLElement>();

  /** Each at its number: a changed one in its place, a new one where it belongs. */
  function take(part: HTMLElement | null): void {
    if (!part) return;
    const stay = atEnd();
    const ours: HTMLElement[] = [];
    for (const one of [...part.children] as HTMLElement[]) {
      change = Math.max(change, Number(one.dataset.change));
      const known = document.getElementById(one.id);
      if (known) {
        const menu = known.querySelector("details[open]");
        if (menu && known.contains(document.activeElement)) {
          // Not under the reader's finger: as soon as the menu is closed.
          if (!later.has(known)) menu.addEventListener("toggle", () => known.replaceWith(later.get(known)!), { once: true });
          later.set(known, one);
          continue;
        }
        const focus = known === document.activeElement;
        known.replaceWith(one);
        if (focus) one.focus();
        continue;
      }
      const seq = Number(one.dataset.seq);
      const all = [...news.querySelectorAll<HTMLElement>(":scope > [data-seq]")];
      // What is older than everything on the screen is reached by going up.
      if (all.length > 0 && seq < Number(all[0]!.dataset.seq)) continue;
      const next = all.find((m) => Number(m.dataset.seq) > seq);
      next ? next.before(one) : news.append(one);
      ours.push(one);
    }
    last = Math.max(last, Number(part.dataset.last));
    log.querySelector(".empty")?.remove();
    if (ours.length > 0) {
      const seen = [...news.querySelectorAll<HTMLElement>(".seen")].slice(0, -1);
      for (const stale of seen) stale.remove();
      for (const urgent of ours.filter((m) => m.classList.contains("urgent") && !m.classList.contains("own"))) {
        root.querySelector("[data-loud]")!.textContent = t("Urgent message from {0}.", urgent.querySelector("header strong")?.textContent ?? "");
      }
      if (stay) toEnd(); else below();
    }
    void reading();
  }

  function below(): void {
    if (root.querySelector("[data-below]")) return;
    const go = element("button", { type: "button", class: "button primary", "data-below": "" }, iconElement("down"), t("New messages"));
    go.addEventListener("click", () => { toEnd(); go.remove(); });
    log.after(go);
  }

  /** What is on a visible page, down to the end, is read. */
  async function reading(): Promise<void> {
    if (document.hidden || old || !atEnd() || last <= read) return;
    const to = last;
    read = to;
    const answer = await post(`${here}/reading`, { seq: String(to), json: "1" });
    if (answer === "away" || answer === "signed-out") read = 0;
  }

  log.addEventListener("scroll", () => { if (atEnd()) { root.querySelector("[data-below]")?.remove(); void reading(); } if (log.scrollTop < 200) void earlier(); }, { passive: true });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { void fresh(); void reading(); } });

  let more = false;
  async function earlier(): Promise<void> {
    const link = log.querySelector<HTMLAnchorElement>("[data-earlier]");
    if (!link || more) return;
    more = true;
    const first = news.querySelector<HTMLElement>(":scope > [data-seq]");
    const answer = await fetch(`${here}?part=news&before=${first?.dataset.seq ?? 0}${thread ? `&thread=${thread}` : ""}`, { redirect: "manual" }).catch(() => null);
    if (answer?.ok) {
      const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-news]");
      const height = log.scrollHeight;
      for (const one of [...(part?.children ?? [])]) if (!document.getElementById(one.id)) first ? first.before(one) : news.append(one);
      log.scrollTop += log.scrollHeight - height;
      if (part?.dataset.more !== "yes") link.parentElement!.remove();
    }
    more = false;
  }
  log.addEventListener("click", (event) => { if ((event.target as Element).closest("[data-earlier]")) { event.preventDefault(); void earlier(); } });

  document.addEventListener("ht-change", (event) => {
    const { kind, subject } = (event as CustomEvent).detail;
    if (kind === "live.reset" || subject === `conversation/${id}` || (kind.startsWith("message.") && subject.startsWith("message/"))) void fresh();
  });
  document.addEventListener("ht-return", () => void fresh());
  if (!old) { void reading(); setInterval(() => void reading(), 5000); }

  acts(root, here, fresh);
  typing(root);
  const form = root.querySelector<HTMLFormElement>("[data-say]");
  if (form) compose(root, form, id, fresh, toEnd);
}

/** Buttons that change a message: without leaving the page. */
function acts(root: HTMLElement, here: string, fresh: () => Promise<void>): void {
  root.addEventListener("click", async (event) => {
    const target = event.target as Element;
    const inside = target.closest("details.utter-acts");
    for (const open of root.querySelectorAll<HTMLDetailsElement>("details.utter-acts[open], details.talk-people[open], details.others-menu[open]")) if (open !== inside && !open.contains(target)) open.open = false;
    const button = target.closest<HTMLButtonElement>("button[data-act], .utter .utter-asked button");
    if (!button?.getAttribute("formaction")) return;
    event.preventDefault();
    const url = new URL(button.getAttribute("formaction")!, location.href);
    inside?.removeAttribute("open");
    await post(url.pathname + url.search, { json: "1" });
    await fresh();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const open of root.querySelectorAll<HTMLDetailsElement>("details[open]:not(.pins)")) { open.open = false; open.querySelector("summary")?.focus(); }
    const said = (event.target as Element).closest<HTMLElement>("[data-log] > [data-news] > [data-seq]");
    if (!said || event.target !== said) return;
    const next = event.key === "ArrowDown" ? said.nextElementSibling : event.key === "ArrowUp" ? said.previousElementSibling : null;
    if (next) { event.preventDefault(); (next as HTMLElement).focus(); }
  });
}

/** Who writes now: told for four seconds. */
function typing(root: HTMLElement): void {
  const line = root.querySelector<HTMLElement>("[data-typing]")!;
  const who = new Map<string, number>();
  const known = new Map([...root.querySelectorAll<HTMLElement>("[data-person]")].map((p) => [p.dataset.person!, p.dataset.name ?? ""]));
  const show = () => {
    const now = Date.now();
    for (const [person, at] of who) if (now - at > 4500) who.delete(person);
    const said = [...who.keys()].map((p) => known.get(p) ?? "").filter(Boolean).slice(0, 3);
    line.textContent = said.length === 0 ? "" : said.length === 1 ? t("{0} is writing…", said[0]!) : t("{0} are writing…", said.join(", "));
  };
  document.addEventListener("ht-typing", (event) => {
    const { conversation, person } = (event as CustomEvent).detail;
    if (conversation !== root.dataset.conversation || person === root.dataset.me) return;
    who.set(person, Date.now());
    show();
  });
  setInterval(show, 1000);
}

function compose(root: HTMLElement, form: HTMLFormElement, id: string, fresh: () => Promise<void>, toEnd: () => void): void {
  const text = form.querySelector<HTMLTextAreaElement>("[data-text]")!;
  const priority = form.querySelector<HTMLSelectElement>("[data-priority]")!;
  const answer = form.querySelector<HTMLInputElement>("[data-answer]")!;
  const answering = form.querySelector<HTMLElement>("[data-answering]")!;
  const shelf = form.querySelector<HTMLElement>("[data-files]")!;
  const waiting = root.querySelector<HTMLElement>("[data-waiting]")!;
  const queue = new PostQueue(root.dataset.owner!, id);
  const files: { id: string; name: string }[] = [];
  let told = 0;
  let taking = 0;
  let send = false;

  queue.onChange = (sent) => { show(); if (sent) void fresh().then(toEnd); };
  void queue.load().then((draft) => { if (draft && !text.value) text.value = draft; grow(); show(); void queue.flush(); });
  names(form, text);

  const grow = () => { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight + 2, 240)}px`; };
  text.addEventListener("input", () => {
    grow();
    void queue.draft(text.value);
    if (text.value && Date.now() - told > 3000 && navigator.onLine) { told = Date.now(); void post(`/messages/c/${id}/typing`, {}); }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const mark = () => { form.dataset.priority = priority.value; form.querySelector("[data-send] span")!.textContent = priority.value === "urgent" ? t("Send as urgent") : t("Send"); };
  priority.addEventListener("change", mark);
  mark();

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // A file on its way belongs to this message, not to the next one: it is waited for.
    if (taking > 0) { send = true; return; }
    const said = text.value.trim();
    if (!said && files.length === 0) { text.focus(); return; }
    const fields: Record<string, string> = { text: said, priority: priority.value, reply: answer.value, lang: document.documentElement.lang, file: files.map((f) => f.id).join(",") };
    if (form.querySelector<HTMLInputElement>("[name=receipt]")!.checked) fields.receipt = "true";
    void queue.put(crypto.randomUUID(), fields);
    text.value = "";
    files.length = 0;
    shelf.replaceChildren();
    priority.value = "normal";
    form.querySelector<HTMLInputElement>("[name=receipt]")!.checked = false;
    noAnswer();
    mark();
    grow();
    void queue.draft("");
    text.focus();
  });

  function noAnswer(): void { answer.value = root.dataset.thread ?? ""; answering.hidden = true; }
  root.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLElement>("[data-reply], [data-no-answer]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.reply === undefined) return noAnswer();
    answer.value = link.dataset.reply;
    answering.querySelector("[data-answering-who]")!.textContent = link.dataset.by ?? "";
    answering.querySelector("[data-answering-what]")!.textContent = link.dataset.short ?? "";
    answering.hidden = false;
    link.closest("details")?.removeAttribute("open");
    text.focus();
  });

  const upload = form.querySelector<HTMLInputElement>("[data-upload]")!;
  upload.addEventListener("change", () => void attach([...(upload.files ?? [])]));
  text.addEventListener("paste", (event) => { const pasted = [...(event.clipboardData?.files ?? [])]; if (pasted.length > 0) { event.preventDefault(); void attach(pasted); } });

  async function attach(chosen: File[]): Promise<void> {
    upload.value = "";
    taking++;
    for (const file of chosen) {
      const coming = element("span", { class: "quiet" }, t("on its way"));
      const item = element("li", {}, iconElement("file"), element("span", {}, file.name), coming);
      shelf.append(item);
      const body = new FormData();
      body.append("upload", file);
      body.append("json", "1");
      body.append("__RequestVerificationToken", document.querySelector<HTMLInputElement>("#act input[name=__RequestVerificationToken]")!.value);
      const kept = await fetch(`/messages/c/${id}/files`, { method: "POST", body, redirect: "manual" }).catch(() => null);
      const said = kept?.headers.get("Content-Type")?.includes("json") ? await kept.json() as { id?: string; detail?: string } : {};
      coming.remove();
      if (kept?.ok && said.id) {
        const one = { id: said.id, name: file.name };
        files.push(one);
        const off = element("button", { type: "button", class: "button quiet square", "aria-label": t("Take {0} off", file.name) }, iconElement("close"));
        off.addEventListener("click", () => { files.splice(files.indexOf(one), 1); item.remove(); });
        item.append(off);
      } else {
        send = false;
        item.append(element("strong", { class: "wrong" }, said.detail ?? t("It was not taken. Try again when the connection is back.")));
        setTimeout(() => item.remove(), 8000);
      }
    }
    if (--taking > 0 || !send) return;
    send = false;
    form.requestSubmit();
  }

  function show(): void {
    waiting.replaceChildren(...queue.waiting.map(line));
    if (queue.trouble && queue.waiting.length > 0) waiting.append(element("p", { class: "talk-trouble" }, iconElement("warning"), queue.trouble === "offline"
      ? t("No connection: it is kept on this device and sent by itself.") : t("You are signed out: sign in again, then it is sent.")));
  }

  function line(one: Waiting): HTMLElement {
    const item = element("div", { class: `on-its-way ${one.state}` }, element("p", {}, one.fields.text ?? ""));
    if (one.state === "waiting") item.append(element("span", { class: "quiet" }, t("on its way")));
    else {
      item.append(element("strong", {}, one.detail ?? ""));
      const back = element("button", { type: "button", class: "button" }, t("Back to the text"));
      back.addEventListener("click", () => { text.value = [one.fields.text, text.value].filter(Boolean).join("\n"); void queue.drop(one); grow(); text.focus(); });
      item.append(back);
      if (one.code === "off-shift") {
        const all = element("button", { type: "button", class: "button primary" }, t("Send all the same"));
        all.addEventListener("click", () => { void queue.drop(one).then(() => queue.put(one.key, { ...one.fields, offShiftAccepted: "true" })); });
        item.append(all);
      }
    }
    return item;
  }
}
