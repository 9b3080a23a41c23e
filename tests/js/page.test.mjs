// The page's own signs: a browser's globals are put up for each test and taken down after it.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { startLoaded } from "./support/fakes.mjs";

const page = new EventTarget();
const network = new EventTarget();

beforeEach(() => {
  page.visibilityState = "visible";
  globalThis.document = page;
  globalThis.addEventListener = network.addEventListener.bind(network);
  globalThis.removeEventListener = network.removeEventListener.bind(network);
});

afterEach(() => {
  for (const name of ["document", "addEventListener", "removeEventListener"]) delete globalThis[name];
});

function show(state) {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
}

test("online_tries_at_once", () => {
  const { line } = startLoaded(3);
  line.last.hangUp(1006);
  network.dispatchEvent(new Event("online"));
  assert.equal(line.sockets.length, 2);
  network.dispatchEvent(new Event("online"));
  assert.equal(line.sockets.length, 2);
});

test("a_page_hidden_for_long_lets_go_and_resumes_when_seen", () => {
  const { line, clock } = startLoaded(3, { hiddenPauseMs: 5000 });
  show("hidden");
  clock.advance(5000);
  assert.equal(line.last.closed, true);
  clock.advance(600_000);
  assert.equal(line.sockets.length, 1);
  show("visible");
  assert.equal(line.last.url.search, "?epoch=e1&seq=3");
});

test("a_page_hidden_shortly_stays_connected", () => {
  const { line, clock } = startLoaded(3, { hiddenPauseMs: 5000 });
  show("hidden");
  clock.advance(4999);
  show("visible");
  clock.advance(1000);
  assert.equal(line.sockets.length, 1);
  assert.equal(line.last.closed, false);
});

test("a_hidden_page_with_unsent_work_keeps_its_socket", () => {
  const { line, clock, client } = startLoaded(3, { hiddenPauseMs: 5000 });
  client.publish([{ key: "k", content: 1 }]);
  show("hidden");
  clock.advance(5000);
  assert.equal(line.last.closed, false);
});

test("a_publish_wakes_a_hidden_page", () => {
  const { line, clock, client } = startLoaded(3, { hiddenPauseMs: 5000 });
  show("hidden");
  clock.advance(5000);
  client.publish([{ key: "k", content: 1 }]);
  assert.equal(line.sockets.length, 2);
});

test("a_closed_client_neither_wakes_nor_sleeps", () => {
  const { line, client, clock } = startLoaded(3);
  client.close();
  show("hidden");
  clock.advance(600_000);
  show("visible");
  network.dispatchEvent(new Event("online"));
  assert.equal(client.state, "closed");
  assert.equal(line.sockets.length, 1);
});
