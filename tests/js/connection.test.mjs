import assert from "node:assert/strict";
import { test } from "node:test";

import { snapshot, startClient, startLoaded, updates } from "./support/fakes.mjs";

const beat = (seq, epoch = "e1") => ({ type: "heartbeat", epoch, seq });

function delays(said) {
  return said("state").filter(({ state, retryInMs }) => state === "reconnecting" && retryInMs > 0).map(({ retryInMs }) => retryInMs);
}

test("states_are_told_in_order", () => {
  const { line, said, clock } = startLoaded(1);
  line.last.hangUp(1006);
  clock.advance(500);
  line.last.welcome({ seq: 1 });
  assert.deepEqual(said("state"), [
    { state: "connecting", retryInMs: 0 },
    { state: "live", retryInMs: null },
    { state: "reconnecting", retryInMs: 500 },
    { state: "reconnecting", retryInMs: 0 },
    { state: "live", retryInMs: null },
  ]);
});

test("backoff_doubles_up_to_its_ceiling", () => {
  const { line, said, clock } = startClient({ backoff: { minMs: 100, maxMs: 1000 } });
  for (let i = 0; i < 6; i += 1) {
    line.last.hangUp(1006);
    clock.advance(1000);
  }
  assert.deepEqual(delays(said), [100, 200, 400, 800, 1000, 1000]);
});

test("jitter_is_full", () => {
  const { line, said } = startClient({ random: () => 0.25, backoff: { minMs: 400 } });
  line.last.hangUp(1006);
  assert.deepEqual(delays(said), [100]);
});

test("a_welcome_alone_does_not_reset_the_backoff", () => {
  const { line, said, clock } = startClient();
  for (const planned of [500, 1000, 2000]) {
    line.last.welcome();
    line.last.hangUp(4429);
    clock.advance(planned);
  }
  assert.deepEqual(delays(said), [500, 1000, 2000]);
});

test("a_heartbeat_resets_the_backoff", () => {
  const { line, said, clock } = startLoaded(1);
  line.last.hangUp(1006);
  clock.advance(500);
  line.last.welcome({ seq: 1 });
  line.last.say(beat(1));
  line.last.hangUp(1006);
  assert.deepEqual(delays(said), [500, 500]);
});

test("bye_sets_the_earliest_return", () => {
  const { line, clock, said } = startLoaded(1, { random: () => 0 });
  line.last.say({ type: "bye", reason: "deploy", retry_after: 3 });
  line.last.hangUp(1012);
  clock.advance(2999);
  assert.equal(line.sockets.length, 1);
  clock.advance(1);
  assert.equal(line.sockets.length, 2);
  line.last.hangUp(1006);
  assert.deepEqual(delays(said), [3000]);
});

for (const code of [1000, 1006, 1011, 1012, 4408, 4429]) {
  test(`code_${code}_reconnects_and_resumes`, () => {
    const { line, clock } = startLoaded(3);
    line.last.hangUp(code);
    clock.advance(500);
    assert.equal(line.last.url.search, "?epoch=e1&seq=3");
  });
}

for (const code of [1009, 4400, 4401, 4403, 4404, 4410, 4413]) {
  test(`code_${code}_is_final`, () => {
    const { line, clock, said, client } = startLoaded(3);
    line.last.hangUp(code, "why");
    clock.advance(600_000);
    assert.equal(line.sockets.length, 1);
    assert.equal(client.state, "closed");
    assert.deepEqual(said("closed"), [{ code, reason: "why" }]);
    assert.equal(clock.waiting, 0);
  });
}

test("epoch_changed_drops_the_position_and_loads_again", () => {
  const { line, clock, said } = startLoaded(3);
  line.last.hangUp(4409);
  clock.advance(500);
  assert.equal(line.last.url.search, "");
  line.last.welcome({ epoch: "e2", seq: 1 });
  line.last.say(snapshot(1, { epoch: "e2" }));
  assert.deepEqual(said("snapshot").map(({ epoch }) => epoch), ["e1", "e2"]);
});

test("silence_is_probed_then_given_up", () => {
  const { line, clock } = startLoaded(3);
  const first = line.last;
  clock.advance(5999);
  assert.deepEqual(first.sent, []);
  clock.advance(1);
  assert.deepEqual(first.sent, [{ type: "ping" }]);
  clock.advance(3999);
  assert.equal(first.closed, false);
  clock.advance(1);
  assert.equal(first.closed, true);
  clock.advance(500);
  assert.equal(line.last.url.search, "?epoch=e1&seq=3");
});

test("any_frame_keeps_the_connection", () => {
  const { line, clock } = startLoaded(3);
  for (let seq = 4; seq < 24; seq += 1) {
    clock.advance(5000);
    line.last.say(updates(seq, seq));
  }
  assert.equal(line.sockets.length, 1);
  assert.deepEqual(line.last.sent, []);
});

test("an_opening_that_hangs_is_given_up", () => {
  const { line, clock } = startClient({ connectTimeoutMs: 10_000 });
  clock.advance(10_500);
  assert.equal(line.sockets.length, 2);
  assert.equal(line.sockets[0].closed, true);
});

test("a_late_word_of_a_dropped_socket_is_not_heard", () => {
  const { line, clock, said } = startLoaded(3);
  const first = line.last;
  first.say(updates(9, 9));
  first.say(updates(4, 4));
  first.hangUp(4410);
  clock.advance(500);
  assert.deepEqual(said("updates"), []);
  assert.equal(line.sockets.length, 2);
});

test("a_head_that_stays_ahead_for_a_heartbeat_resumes", () => {
  const { line, clock } = startLoaded(3);
  line.last.say(beat(5));
  clock.advance(3999);
  line.last.say(beat(5));
  assert.equal(line.sockets.length, 1);
  clock.advance(1 + 500);
  assert.equal(line.last.url.search, "?epoch=e1&seq=3");
});

test("a_head_that_is_reached_in_time_is_fine", () => {
  const { line, clock } = startLoaded(3);
  line.last.say(beat(5));
  clock.advance(2000);
  line.last.say(updates(4, 5));
  clock.advance(3000);
  assert.equal(line.sockets.length, 1);
});

test("a_heartbeat_of_another_epoch_loads_again", () => {
  const { line, clock } = startLoaded(3);
  line.last.say(beat(3, "e2"));
  clock.advance(500);
  assert.equal(line.last.url.search, "");
});

test("close_ends_everything_and_start_begins_again", () => {
  const { line, clock, client, said } = startLoaded(3);
  client.close();
  assert.equal(line.last.closed, true);
  assert.equal(clock.waiting, 0);
  assert.equal(said("closed")[0].code, 1000);
  client.start();
  assert.equal(line.last.url.search, "?epoch=e1&seq=3");
});

test("a_listener_may_close_at_any_event", () => {
  for (const type of ["state", "welcome", "snapshot"]) {
    const { client, line, clock } = startClient();
    client.addEventListener(type, () => client.close(), { once: true });
    line.last.welcome({ seq: 1 });
    line.last.say(snapshot(1));
    assert.equal(client.state, "closed", type);
    assert.equal(clock.waiting, 0, type);
  }
});

test("start_twice_is_one_connection", () => {
  const { line, client } = startClient();
  client.start();
  assert.equal(line.sockets.length, 1);
});
