// What was written and is on its way, and what is being written: kept on this device until the server has it. A reload, a lost
// network and a lost session lose nothing; the key makes it one message however often it is sent. Kept per person.
import { post } from "../Frame/edits.js";

export interface Waiting { key: string; owner: string; conversation: string; fields: Record<string, string>; at: number; state: "waiting" | "refused"; detail?: string; code?: string }

export class PostQueue {
  waiting: Waiting[] = [];
  /** Why it waits, when it does. */
  trouble: "" | "offline" | "signed-out" = "";
  onChange: (sent?: Waiting) => void = () => {};
  private db: IDBDatabase | undefined;
  private sending = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly owner: string;
  private readonly conversation: string;

  constructor(owner: string, conversation: string) {
    [this.owner, this.conversation] = [owner, conversation];
    addEventListener("online", () => void this.flush());
    document.addEventListener("ht-return", () => void this.flush());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.flush(); });
  }

  async load(): Promise<string> {
    this.db = await open().catch(() => undefined); // A private window may have none: it then lives as long as the page.
    if (!this.db) return "";
    this.waiting = (await done<Waiting[]>(this.store("posts", "readonly").getAll())).filter((w) => w.owner === this.owner && w.conversation === this.conversation).sort((a, b) => a.at - b.at);
    const draft = await done<{ text: string } | undefined>(this.store("drafts", "readonly").get(`${this.owner}/${this.conversation}`));
    return draft?.text ?? "";
  }

  async draft(text: string): Promise<void> {
    if (!this.db) return;
    const id = `${this.owner}/${this.conversation}`;
    await done(text ? this.store("drafts", "readwrite").put({ id, text }) : this.store("drafts", "readwrite").delete(id)).catch(() => undefined);
  }

  async put(key: string, fields: Record<string, string>): Promise<void> {
    const one: Waiting = { key, owner: this.owner, conversation: this.conversation, fields, at: Date.now(), state: "waiting" };
    this.waiting.push(one);
    if (this.db) await done(this.store("posts", "readwrite").put(one)).catch(() => undefined);
    this.onChange();
    await this.flush();
  }

  async drop(one: Waiting): Promise<void> {
    this.waiting = this.waiting.filter((w) => w.key !== one.key);
    if (this.db) await done(this.store("posts", "readwrite").delete(one.key)).catch(() => undefined);
    this.onChange();
  }

  /** In the order they were written: the first that waits holds the others up. */
  async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.retry);
    try {
      for (let one = this.next(); one; one = this.next()) {
        const answer = await post(`/messages/c/${this.conversation}/messages`, { ...one.fields, key: one.key, json: "1" });
        if (answer === "away" || answer === "signed-out") {
          this.trouble = answer === "away" ? "offline" : "signed-out";
          this.retry = setTimeout(() => void this.flush(), 3000);
          break;
        }
        this.trouble = "";
        if (answer.status < 300) {
          const sent = one;
          await this.drop(sent);
          this.onChange(sent);
          continue;
        }
        const body = answer.body as { detail?: string; code?: string };
        [one.state, one.detail, one.code] = ["refused", body.detail ?? "", body.code ?? ""];
        if (this.db) await done(this.store("posts", "readwrite").put(one)).catch(() => undefined);
      }
    } finally {
      this.sending = false;
      this.onChange();
    }
  }

  private next(): Waiting | undefined { return this.waiting.find((w) => w.state === "waiting"); }

  private store(name: string, mode: IDBTransactionMode): IDBObjectStore { return this.db!.transaction(name, mode).objectStore(name); }
}

function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open("healthteams-chat", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("posts", { keyPath: "key" });
    asked.result.createObjectStore("drafts", { keyPath: "id" });
  };
  return done(asked);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
