// An acknowledgement pressed without network waits on this device and is sent as soon as the server answers; the page says so.
// Kept per person: the next one at a shared device neither sees nor sends it.
import { post } from "../Frame/edits.js";
import { t, wordsReady } from "../Frame/words.js";

interface Ack { delivery: string; owner: string; at: number }

const pause = 3000;
let sending = false;
let retry: ReturnType<typeof setTimeout> | undefined;

export function acknowledgements(): void {
  const owner = document.body.dataset.me;
  if (!owner) return;
  const button = document.querySelector<HTMLButtonElement>("[data-acknowledge]");
  button?.addEventListener("click", (event) => {
    if (button.dataset.plain) return;
    event.preventDefault();
    void press(button, owner);
  });
  void wordsReady.then(async () => {
    if (button && (await all(owner)).some((ack) => ack.delivery === button.dataset.acknowledge)) waits(button);
    await flush(owner);
  });
  addEventListener("online", () => void flush(owner));
  document.addEventListener("ht-return", () => void flush(owner));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void flush(owner); });
}

async function press(button: HTMLButtonElement, owner: string): Promise<void> {
  button.disabled = true;
  const kept = await keep({ delivery: button.dataset.acknowledge!, owner, at: Date.now() });
  // A private window keeps nothing: then the plain form does it, as without script.
  if (!kept) {
    button.disabled = false;
    button.dataset.plain = "1";
    button.click();
    return;
  }
  waits(button);
  await flush(owner);
}

function waits(button: HTMLButtonElement): void {
  button.disabled = true;
  const state = document.querySelector("[data-acknowledge-state]");
  if (state) state.textContent = navigator.onLine ? t("Sending …") : t("No connection: it will be sent as soon as there is one. You can close this page and come back.");
}

async function flush(owner: string): Promise<void> {
  if (sending) return;
  sending = true;
  clearTimeout(retry);
  try {
    for (const ack of await all(owner)) {
      const answer = await post(`/messages/${ack.delivery}/acknowledgement`, { quiet: "1" });
      if (answer === "away" || answer === "signed-out") {
        const state = document.querySelector("[data-acknowledge-state]");
        if (state) state.textContent = answer === "away" ? t("No connection: it will be sent as soon as there is one. You can close this page and come back.") : t("Sign in again, and it will be sent.");
        retry = setTimeout(() => void flush(owner), pause);
        return;
      }
      await forget(ack);
      // Refused (taken back meanwhile) or done: the page says which.
      if (location.pathname === `/messages/${ack.delivery}`) location.reload();
    }
  } finally {
    sending = false;
  }
}

async function all(owner: string): Promise<Ack[]> {
  const db = await open().catch(() => undefined);
  return db ? (await done<Ack[]>(db.transaction("acks").objectStore("acks").getAll())).filter((ack) => ack.owner === owner) : [];
}

async function keep(ack: Ack): Promise<boolean> {
  const db = await open().catch(() => undefined);
  if (!db) return false;
  await done(db.transaction("acks", "readwrite").objectStore("acks").put(ack));
  return true;
}

async function forget(ack: Ack): Promise<void> {
  const db = await open().catch(() => undefined);
  if (db) await done(db.transaction("acks", "readwrite").objectStore("acks").delete([ack.owner, ack.delivery]));
}

function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open("healthteams-messages", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("acks", { keyPath: ["owner", "delivery"] });
  return done(asked);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
