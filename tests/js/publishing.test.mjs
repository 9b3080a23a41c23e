import assert from "node:assert/strict";
import { test } from "node:test";

import { startClient, startLoaded } from "./support/fakes.mjs";

const change = [{ key: "session/info/ses_1", content: { title: "x" } }];
const ackOf = (id, from = 1) => ({ type: "ack", id, epoch: "e1", from, to: from });

test("publish_resolves_with_the_ack", async () => {
  const { client, line } = startLoaded(0);
  const promise = client.publish(change, { id: "a" });
  assert.deepEqual(line.last.sent, [{ type: "publish", id: "a", updates: change }]);
  line.last.say(ackOf("a"));
  assert.deepEqual(await promise, { id: "a", epoch: "e1", from: 1, to: 1 });
});

test("ids_are_made_when_not_given", () => {
  const { client, line } = startLoaded(0);
  client.publish(change);
  client.publish(change);
  const [first, second] = line.last.sent.map(({ id }) => id);
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.notEqual(first, second);
});

test("publishes_before_the_welcome_wait_for_it", () => {
  const { client, line } = startClient();
  client.publish(change, { id: "a" });
  assert.deepEqual(line.last.sent, []);
  line.last.welcome();
  assert.deepEqual(line.last.sent.map(({ id }) => id), ["a"]);
});

test("a_publish_at_the_live_event_is_sent_once", () => {
  const { client, line } = startClient();
  client.addEventListener("welcome", () => client.publish(change, { id: "a" }));
  line.last.welcome();
  assert.equal(line.last.sent.length, 1);
});

test("what_has_no_ack_is_sent_again_in_order_with_the_same_id", async () => {
  const { client, line, clock } = startLoaded(0);
  const promises = ["a", "b", "c"].map((id) => client.publish(change, { id }));
  line.last.say(ackOf("b", 2));
  line.last.hangUp(1006);
  const late = client.publish(change, { id: "d" });
  clock.advance(500);
  line.last.welcome({ seq: 2 });
  assert.deepEqual(line.last.sent.map(({ id }) => id), ["a", "c", "d"]);
  line.last.say(ackOf("a", 1));
  line.last.say(ackOf("c", 3));
  line.last.say(ackOf("d", 4));
  const acks = await Promise.all([...promises, late]);
  assert.deepEqual(acks.map(({ from }) => from), [1, 2, 3, 4]);
});

test("the_same_id_while_waiting_is_one_publish", () => {
  const { client, line } = startLoaded(0);
  assert.equal(client.publish(change, { id: "a" }), client.publish(change, { id: "a" }));
  assert.equal(line.last.sent.length, 1);
});

test("a_refusal_rejects_only_its_publish", async () => {
  const { client, line } = startLoaded(0);
  const refused = client.publish(change, { id: "a" });
  const fine = client.publish(change, { id: "b" });
  line.last.say({ type: "error", id: "a", code: "entry_too_large", message: "Too large." });
  line.last.say(ackOf("b"));
  await assert.rejects(refused, { name: "SyncError", code: "entry_too_large", message: "Too large." });
  assert.equal((await fine).id, "b");
});

test("a_final_close_rejects_all_with_its_code", async () => {
  const { client, line } = startLoaded(0);
  const promises = ["a", "b"].map((id) => client.publish(change, { id }));
  line.last.hangUp(4403, "viewers only watch");
  for (const promise of promises) await assert.rejects(promise, { code: "forbidden", message: "viewers only watch" });
  await assert.rejects(client.publish(change), { code: "closed" });
});

test("closing_rejects_what_waits", async () => {
  const { client } = startClient();
  const promise = client.publish(change);
  client.close();
  await assert.rejects(promise, { code: "closed" });
});

test("the_outbox_is_bounded_in_bytes_and_frees_with_acks", async () => {
  const { client, line } = startLoaded(0, { outboxBytes: 350 });
  const first = client.publish([{ key: "k", content: "x".repeat(100) }], { id: "a" });
  await assert.rejects(client.publish([{ key: "k", content: "é".repeat(80) }], { id: "b" }), { code: "outbox_full" });
  line.last.say(ackOf("a"));
  await first;
  client.publish([{ key: "k", content: "x".repeat(250) }], { id: "c" });
  assert.deepEqual(line.last.sent.map(({ id }) => id), ["a", "c"]);
});

test("a_frame_above_the_server_s_limit_is_refused_here", async () => {
  const { client, line } = startClient();
  line.last.welcome({ limits: { frame_bytes: 100 } });
  await assert.rejects(client.publish([{ key: "k", content: "x".repeat(100) }]), { code: "frame_too_large" });
  assert.deepEqual(line.last.sent, []);
});
