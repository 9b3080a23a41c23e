import assert from "node:assert/strict";
import test from "node:test";

const PATH = "/asks/ask_1/";
const MESSAGE = { tag: "t", title: "bash waits", path: PATH, session: "/workspaces/alpha/sessions/ses_1/" };

/** The worker in a browser with these pages, by path: visible or hidden. */
async function worker(pages = {}) {
  const listeners = {};
  const shown = [];
  const done = { opened: [], focused: [] };
  const clients = Object.entries(pages).map(([path, visibilityState]) => ({
    url: `https://console.test${path}`,
    visibilityState,
    focus: async () => done.focused.push(path),
  }));
  globalThis.self = {
    addEventListener: (name, listener) => (listeners[name] = listener),
    clients: { matchAll: async () => clients, openWindow: async (path) => done.opened.push(path) },
    registration: {
      getNotifications: async ({ tag }) => shown.filter((each) => each.tag === tag),
      async showNotification(title, options) {
        shown.push({ title, ...options, close: () => shown.splice(0, shown.length) });
      },
    },
  };
  await import(`../../static/js/push-worker.js?${Math.random()}`);
  const fire = async (name, event) => {
    let work;
    listeners[name]({ ...event, waitUntil: (promise) => (work = promise) });
    await work;
  };
  return { shown, done, push: (message) => fire("push", { data: { json: () => message } }), fire };
}

test("what waits is shown, and taken away when it was answered", async () => {
  const { shown, push } = await worker({ "/machines/": "visible" });
  await push(MESSAGE);
  assert.deepEqual(shown.map(({ title, tag, data }) => [title, tag, data.path]), [["bash waits", "t", PATH]]);
  await push({ tag: "another", title: "", path: "" });
  assert.equal(shown.length, 1);
  await push({ tag: "t", title: "", path: "" });
  assert.equal(shown.length, 0);
});

for (const path of [PATH, MESSAGE.session, "/workspaces/beta/inbox/"]) {
  test(`nothing is shown while ${path} is in front`, async () => {
    const { shown, push } = await worker({ [path]: "visible" });
    await push(MESSAGE);
    assert.equal(shown.length, 0);
    const hidden = await worker({ [path]: "hidden" });
    await hidden.push(MESSAGE);
    assert.equal(hidden.shown.length, 1);
  });
}

test("a click leads to what waits, in its page if there is one", async () => {
  const click = (path) => ({ notification: { close() {}, data: { path } } });
  const without = await worker({ "/machines/": "visible" });
  await without.fire("notificationclick", click(PATH));
  assert.deepEqual(without.done, { opened: [PATH], focused: [] });
  const there = await worker({ [PATH]: "hidden" });
  await there.fire("notificationclick", click(PATH));
  assert.deepEqual(there.done, { opened: [], focused: [PATH] });
});
