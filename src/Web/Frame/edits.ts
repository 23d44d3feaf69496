// Edits on their way. Each is kept on this device until the server has it: typed without network it waits, a reload loses
// nothing, and what somebody else changed meanwhile is shown beside it. Kept per person: the next one at a shared device
// neither sees nor sends it.
export interface Edit {
  key: string; owner: string; list: string; row: string; column: string;
  base: number; text: string; before: string; at: number;
  state: "draft" | "waiting" | "conflict" | "refused";
  theirs?: string; by?: string; when?: string; now?: number; detail?: string;
}

export interface Saved { version: number; text: string; shown: string }

const pause = 3000;

export class EditQueue {
  readonly edits = new Map<string, Edit>();
  /** Why edits wait, when they do: "offline", "signed-out" or nothing. */
  trouble = "";
  onChange: (edit: Edit, saved?: Saved) => void = () => {};
  private readonly list: string;
  private readonly owner: string;
  private readonly path: string;
  private db: IDBDatabase | undefined;
  private sending: Promise<void> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  /** @param path Where edits go: to a list's cells, or to another page's texts of the same shape (list, row, column, version). */
  constructor(list: string, owner: string, path = `/lists/${list}?handler=cell`) {
    [this.list, this.owner, this.path] = [list, owner, path];
    addEventListener("online", () => void this.flush());
    document.addEventListener("ht-return", () => void this.flush());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.flush(); });
  }

  async load(): Promise<void> {
    this.db = await open().catch(() => undefined); // A private window may have none: edits then live as long as the page.
    if (!this.db) return;
    const all = await done<Edit[]>(this.store("readonly").index("list").getAll(IDBKeyRange.only([this.owner, this.list])));
    for (const edit of all) this.edits.set(edit.key, edit);
  }

  of(row: string, column: string): Edit | undefined { return this.edits.get(this.key(row, column)); }
  in(state: Edit["state"]): Edit[] { return [...this.edits.values()].filter((edit) => edit.state === state); }

  /** What is being typed: offered again after a reload, never sent by itself. */
  async draft(row: string, column: string, base: number, text: string, before: string): Promise<void> {
    if (this.of(row, column) && this.of(row, column)!.state !== "draft") return;
    await this.keep({ ...this.blank(row, column, base, text, before), state: "draft" });
  }

  async drop(row: string, column: string): Promise<void> {
    const edit = this.of(row, column);
    if (edit) await this.forget(edit);
  }

  async put(row: string, column: string, base: number, text: string, before: string): Promise<void> {
    const waiting = this.of(row, column);
    const known = waiting?.state === "waiting" ? waiting.base : base;
    const edit = { ...this.blank(row, column, known, text, before), state: "waiting" as const };
    await this.keep(edit);
    this.onChange(edit);
    await this.flush();
  }

  /** The person saw both texts and chose this one. */
  choose(edit: Edit, text: string): Promise<void> {
    if (text === edit.theirs) return this.forget(edit).then(() => this.onChange(edit, { version: edit.now ?? edit.base, text, shown: text }));
    edit.state = "draft";
    return this.put(edit.row, edit.column, edit.now ?? edit.base, text, edit.theirs ?? "");
  }

  flush(): Promise<void> {
    clearTimeout(this.retry);
    return this.sending ??= this.send().finally(() => { this.sending = undefined; });
  }

  private async send(): Promise<void> {
    for (let next: Edit | undefined; (next = this.in("waiting").sort((a, b) => a.at - b.at)[0]) !== undefined;) {
      const sent = { ...next };
      const answer = await post(this.path, { row: sent.row, column: sent.column, version: String(sent.base), text: sent.text });
      if (answer === "away" || answer === "signed-out") {
        this.trouble = answer === "away" ? "offline" : answer;
        this.onChange(next);
        this.retry = setTimeout(() => void this.flush(), pause);
        return;
      }
      this.trouble = "";
      await this.take(sent, answer.status, answer.body);
    }
  }

  private async take(sent: Edit, status: number, body: Record<string, unknown>): Promise<void> {
    const now = this.edits.get(sent.key);
    if (!now) return;
    const later = now.at !== sent.at; // somebody typed on while it was under way
    if (status === 200) {
      const saved = body as unknown as Saved;
      if (later) await this.keep({ ...now, base: saved.version });
      else await this.forget(now);
      this.onChange(now, later ? undefined : saved);
    } else {
      const conflict = status === 409 && typeof body.version === "number";
      const refused: Edit = conflict
        ? { ...now, state: "conflict", theirs: String(body.text ?? ""), by: String(body.by ?? ""), when: String(body.at ?? ""), now: body.version as number }
        : { ...now, state: "refused", detail: String(body.detail ?? status) };
      await this.keep(refused);
      this.onChange(refused);
    }
  }

  private blank(row: string, column: string, base: number, text: string, before: string): Omit<Edit, "state"> {
    return { key: this.key(row, column), owner: this.owner, list: this.list, row, column, base, text, before, at: performance.timeOrigin + performance.now() };
  }

  private key(row: string, column: string): string { return [this.owner, this.list, row, column].join("|"); }

  private async keep(edit: Edit): Promise<void> {
    this.edits.set(edit.key, edit);
    if (this.db) await done(this.store("readwrite").put(edit));
  }

  private async forget(edit: Edit): Promise<void> {
    this.edits.delete(edit.key);
    if (this.db) await done(this.store("readwrite").delete(edit.key));
  }

  private store(mode: IDBTransactionMode): IDBObjectStore { return this.db!.transaction("edits", mode).objectStore("edits"); }
}

type Answer = { status: number; body: Record<string, unknown> };

/** Posts as a form does. "away": nobody answered, or only an error of theirs; "signed-out": somebody must sign in first. */
export async function post(path: string, fields: Record<string, string>, again = true): Promise<Answer | "away" | "signed-out"> {
  const token = document.querySelector<HTMLInputElement>("#act input[name=__RequestVerificationToken]");
  const answer = await fetch(path, { method: "POST", redirect: "manual", body: new URLSearchParams({ ...fields, __RequestVerificationToken: token?.value ?? "" }) }).catch(() => null);
  if (!answer || answer.status >= 500 || answer.status === 429) return "away";
  if (answer.type === "opaqueredirect" || answer.status === 401) return "signed-out";
  if (answer.status !== 204 && !answer.headers.get("Content-Type")?.includes("json")) {
    // The form's token is of a session before: the page has a new one.
    if (answer.status === 400 && again && token && await renew(token)) return post(path, fields, false);
    return answer.status === 400 ? "signed-out" : { status: answer.status, body: {} };
  }
  return { status: answer.status, body: answer.status === 204 ? {} : await answer.json() };
}

async function renew(token: HTMLInputElement): Promise<boolean> {
  const page = await fetch("/activity", { redirect: "manual" }).catch(() => null);
  if (!page?.ok) return false;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector<HTMLInputElement>("#act input[name=__RequestVerificationToken]");
  if (fresh) token.value = fresh.value;
  return fresh !== null;
}

function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open("healthteams-lists", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("edits", { keyPath: "key" }).createIndex("list", ["owner", "list"]);
  return done(asked);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
