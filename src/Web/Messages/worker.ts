// The service worker: rings while no page is open. It is told an id and that something urgent waits, nothing clinical, and shows no more.
/// <reference lib="webworker" />
export {};
declare const self: ServiceWorkerGlobalScope;

interface Told { title: string; delivery: string; step: number; key: string; url: string }

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told: Partial<Told> = {};
  try {
    told = event.data?.json() ?? {};
  } catch { /* Something rang all the same. */ }
  // One a message: a repeat takes the place of the one before it, and makes itself heard again.
  event.waitUntil(self.registration.showNotification(told.title ?? "HealthTeams", {
    tag: told.delivery ?? "message", renotify: true, requireInteraction: true, data: { url: safe(told.url) }, icon: "/mark.svg", vibrate: [200, 100, 200],
  } as NotificationOptions));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = (event.notification.data as { url: string }).url;
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = open.find((client) => new URL(client.url).pathname === url);
    if (page) await page.focus();
    else await self.clients.openWindow(url);
  })());
});

/** Our own pages only. */
function safe(url: string | undefined): string {
  return url?.startsWith("/messages/") ? url : "/messages/urgent";
}
