// Shows what waits for the person of this browser, and takes it away when it was answered elsewhere.
// A service worker: it runs without a page, knows no secret, and decides nothing.

const INBOX = /^\/workspaces\/[^/]+\/inbox\/$/;

/** Whether a page that shows what waits is in front of the person: then a notification says nothing new. */
async function isInFront({ path, session }) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const visible = pages.filter((page) => page.visibilityState === "visible").map((page) => new URL(page.url).pathname);
  return visible.some((each) => each === path || (session && each === session) || INBOX.test(each));
}

async function show(message) {
  if (!message.title) {
    const shown = await self.registration.getNotifications({ tag: message.tag });
    for (const notification of shown) notification.close();
  } else if (!(await isInFront(message))) {
    const { tag, path } = message;
    await self.registration.showNotification(message.title, { tag, renotify: true, data: { path } });
  }
}

async function open(path) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname === path);
  await (page ? page.focus() : self.clients.openWindow(path));
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});
