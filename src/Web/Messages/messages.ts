// Ringing this device with the page closed: the browser subscribes, the server keeps the subscription.
import { post } from "../Frame/edits.js";
import { t, wordsReady } from "../Frame/words.js";

const add = document.querySelector<HTMLButtonElement>("[data-add-device]");
const state = document.querySelector<HTMLElement>("[data-device-state]");
void wordsReady.then(() => {
  if (!add || !state) return;
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    add.disabled = true;
    state.textContent = t("This browser cannot be rung with the page closed.");
    return;
  }
  add.addEventListener("click", () => void subscribe(add, state));
});

async function subscribe(button: HTMLButtonElement, said: HTMLElement): Promise<void> {
  button.disabled = true;
  said.textContent = t("Asking the browser …");
  try {
    if (await Notification.requestPermission() !== "granted") {
      said.textContent = t("The browser does not allow it. Allow notifications for this site in its settings.");
      return;
    }
    await navigator.serviceWorker.register("/worker.js", { scope: "/" });
    const worker = await navigator.serviceWorker.ready;
    const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: button.dataset.key! });
    const keys = subscription.toJSON().keys ?? {};
    const answer = await post("/messages/reach?handler=Device", { endpoint: subscription.endpoint, p256dh: keys.p256dh ?? "", auth: keys.auth ?? "", label: device() });
    if (typeof answer === "string") said.textContent = t("No connection. Try again.");
    else if (answer.status !== 200) said.textContent = String(answer.body.detail ?? answer.status);
    else location.reload();
  } catch {
    said.textContent = t("The browser's push service does not answer. Try again later.");
  } finally {
    button.disabled = false;
  }
}

/** "Android, Chrome": enough to know it again. */
function device(): string {
  const agent = navigator.userAgent;
  const find = (names: string[]) => names.find((name) => agent.includes(name)) ?? "";
  return [find(["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]), find(["Edg", "Firefox", "Chrome", "Safari"]).replace("Edg", "Edge")].filter(Boolean).join(", ");
}
