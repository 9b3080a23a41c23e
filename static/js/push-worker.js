// Shows what waits for the person of this browser, and takes it away when it was answered elsewhere.
// A service worker: it runs without a page, knows no secret, and decides nothing.

const isSeen = (clients, path) => clients.some((client) => client.visibilityState === "visible" && new URL(client.url).pathname === path);

/** Whether a page that shows what waits is in front of the person: then a notification says nothing new. */
async function isShown({ path, session }) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return [path, session, "/inbox/"].some((each) => each && isSeen(pages, each)) || pages.some(({ url, visibilityState }) => visibilityState === "visible" && /^\/workspaces\/[^/]+\/inbox\/$/.test(new URL(url).pathname));
}

async function show(message) {
  if (!message.title) {
    const shown = await self.registration.getNotifications({ tag: message.tag });
    for (const notification of shown) notification.close();
    return;
  }
  if (await isShown(message)) return;
  await self.registration.showNotification(message.title, { tag: message.tag, renotify: true, data: { path: message.path } });
}

async function open(path) {
  const pages = await self.clients.matchAll({ type: "window" });
  const page = pages.find(({ url }) => new URL(url).pathname === path);
  if (page) await page.focus();
  else await self.clients.openWindow(path);
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});
