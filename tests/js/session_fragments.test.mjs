// The page's questions for rendered pieces: rare, spread, complete.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connectionWords } from "../../static/js/session-connection.js";
import { FragmentQueue } from "../../static/js/session-fragments.js";
import { Clock } from "./support/fakes.mjs";

/** A queue with a clock and a server that answers what `respond` says, by default every key as it was asked. */
function startQueue({ random = () => 0, respond = everything } = {}) {
  const clock = new Clock();
  const asked = [];
  const events = [];
  const queue = new FragmentQueue({
    url: "/share/x/fragments",
    epoch: "e1",
    random,
    now: clock.now,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    fetch: async (address) => {
      const items = new URL(address, "http://x").searchParams.getAll("k");
      asked.push({ items, at: clock.time });
      return respond(items);
    },
    onAnswer: (answer) => events.push(...answer.fragments.map(({ key, seq }) => `${key}:${seq}`)),
    onEpoch: () => events.push("epoch"),
    onGone: () => events.push("gone"),
  });
  const advance = async (ms) => {
    for (let step = 0; step < ms; step += 50) {
      clock.advance(50);
      for (let turn = 0; turn < 20; turn += 1) await null;
    }
  };
  return { queue, clock, asked, events, advance };
}

function everything(items) {
  const fragments = items.map((item) => {
    const [, key, seq] = item.match(/(.*):(\d+)/);
    return { key, seq: Number(seq) };
  });
  return { ok: true, status: 200, json: async () => ({ epoch: "e1", head: 1, fragments }) };
}

const refusal = (status) => ({ ok: false, status, json: async () => ({}) });

test("changes_within_a_second_are_one_question", async () => {
  const { queue, asked, advance } = startQueue();
  queue.add("a", 1);
  await advance(50);
  for (let seq = 2; seq < 40; seq += 1) {
    queue.add("a", seq);
    queue.add("b", seq);
    await advance(50);
  }
  await advance(1000);
  assert.ok(asked.length <= 4, `${asked.length} questions in three seconds`);
  assert.deepEqual(asked.at(-1).items, ["a:39", "b:39"]);
  assert.equal(queue.size, 0);
});

test("viewers_do_not_ask_in_step", async () => {
  const times = [];
  for (const chance of [0, 0.5, 0.99]) {
    const { queue, asked, advance } = startQueue({ random: () => chance });
    queue.add("a", 1);
    await advance(1000);
    times.push(asked[0].at);
  }
  assert.equal(new Set(times).size, 3);
});

test("many_keys_are_asked_in_pages", async () => {
  const { queue, asked, events, advance } = startQueue();
  for (let number = 0; number < 90; number += 1) queue.add(`k${number}`, 1);
  await advance(500);
  assert.deepEqual(asked.map(({ items }) => items.length), [40, 40, 10]);
  assert.equal(events.length, 90);
  assert.equal(queue.size, 0);
});

test("what_changes_while_it_is_asked_for_is_asked_again", async () => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  let isFirst = true;
  const respond = async (items) => {
    if (isFirst) await held;
    isFirst = false;
    return everything(items);
  };
  const { queue, asked, advance } = startQueue({ respond });
  queue.add("a", 1);
  await advance(100);
  queue.add("a", 2);
  release();
  await advance(3000);
  assert.deepEqual(asked.map(({ items }) => items[0]), ["a:1", "a:2"]);
});

test("a_newer_answer_than_asked_settles_the_newer_change", async () => {
  const newer = () => everything(["a:7"]);
  const { queue, asked, advance } = startQueue({ respond: newer });
  queue.add("a", 5);
  await advance(100);
  queue.add("a", 5);
  assert.equal(asked.length, 1);
  assert.equal(queue.size, 1);
});

test("a_failing_server_is_asked_again_later_and_later", async () => {
  let isUp = false;
  const { queue, asked, events, advance } = startQueue({ respond: (items) => (isUp ? everything(items) : refusal(503)) });
  queue.add("a", 1);
  await advance(15_000);
  const gaps = asked.slice(1).map(({ at }, index) => at - asked[index].at);
  assert.ok(gaps.length >= 2 && gaps.every((gap, index) => index === 0 || gap > gaps[index - 1]), String(gaps));
  isUp = true;
  await advance(30_000);
  assert.deepEqual(events, ["a:1"]);
  assert.equal(queue.size, 0);
});

test("a_reader_who_may_not_read_any_more_stops_asking", async () => {
  const { queue, asked, events, advance } = startQueue({ respond: () => refusal(404) });
  queue.add("a", 1);
  await advance(1000);
  queue.add("b", 1);
  await advance(60_000);
  assert.deepEqual(events, ["gone"]);
  assert.equal(asked.length, 1);
});

test("another_epoch_is_reported_and_not_shown", async () => {
  const other = () => ({ ok: true, status: 200, json: async () => ({ epoch: "e2", head: 1, fragments: [] }) });
  const { queue, asked, events, advance } = startQueue({ respond: other });
  queue.add("a", 1);
  await advance(5000);
  assert.deepEqual(events, ["epoch"]);
  assert.equal(asked.length, 1);
});

test("deleted_keys_are_not_asked_for", async () => {
  const { queue, asked, advance } = startQueue();
  queue.add("a", 1);
  queue.drop("a");
  await advance(2000);
  assert.deepEqual(asked.map(({ items }) => items), []);
});

test("what_is_deleted_while_a_page_before_is_fetched_is_not_asked_for", async () => {
  let queue;
  const respond = (items) => {
    queue.drop("k45");
    return everything(items);
  };
  const started = startQueue({ respond });
  queue = started.queue;
  for (let number = 0; number < 50; number += 1) queue.add(`k${number}`, 1);
  await started.advance(2000);
  assert.deepEqual(started.asked.map(({ items }) => items.length), [40, 9]);
  assert.equal(started.events.includes("k45:1"), false);
});

test("words_say_how_the_page_hangs_on_its_session", () => {
  assert.equal(connectionWords("connecting", null), "connecting");
  assert.equal(connectionWords("live", null), "live");
  assert.equal(connectionWords("reconnecting", 3), "reconnecting in 3 s");
  assert.equal(connectionWords("reconnecting", 0), "reconnecting");
  assert.equal(connectionWords("reconnecting", null), "paused");
  assert.equal(connectionWords("closed", null), "ended");
});
