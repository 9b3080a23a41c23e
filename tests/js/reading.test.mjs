import assert from "node:assert/strict";
import { test } from "node:test";

import { entries, snapshot, startClient, startLoaded, updates } from "./support/fakes.mjs";

test("connects_by_websocket_and_offers_the_subprotocol", () => {
  const { line } = startClient();
  assert.equal(line.last.url.href, "wss://console.test/sync/v1/sessions/ses_1");
  assert.deepEqual(line.last.protocols, ["opencode.sync.v1"]);
  assert.equal(line.last.options, undefined);
});

test("headers_go_to_the_constructor", () => {
  const headers = { Authorization: "Bearer oc_live_1" };
  const { line } = startClient({ headers });
  assert.deepEqual(line.last.options, { headers });
});

test("a_runtime_without_websocket_is_named_at_once", () => {
  assert.throws(() => startClient({ WebSocket: null }), /no WebSocket/);
});

test("snapshot_in_parts_is_handed_out_whole", () => {
  const { line, said, client } = startClient();
  line.last.welcome({ seq: 4 });
  line.last.say(snapshot(4, { entries: entries(1, 2), more: true }));
  assert.deepEqual(said("snapshot"), []);
  assert.equal(client.position, null);
  line.last.say(snapshot(4, { entries: entries(3, 4) }));
  assert.deepEqual(said("snapshot"), [{ epoch: "e1", seq: 4, entries: entries(1, 4) }]);
  assert.deepEqual(client.position, { epoch: "e1", seq: 4 });
});

test("snapshot_cut_by_a_reconnect_begins_again", () => {
  const { line, said, clock } = startClient();
  line.last.welcome({ seq: 4 });
  line.last.say(snapshot(4, { entries: entries(1, 2), more: true }));
  line.last.hangUp(1006);
  clock.advance(500);
  assert.equal(line.last.url.search, "");
  line.last.welcome({ seq: 4 });
  line.last.say(snapshot(4, { entries: entries(1, 3), more: true }));
  line.last.say(snapshot(4, { entries: entries(4, 4) }));
  assert.deepEqual(said("snapshot").map((whole) => whole.entries), [entries(1, 4)]);
});

test("updates_follow_the_snapshot_in_order", () => {
  const { line, said, client } = startLoaded(2);
  line.last.say(updates(3, 3));
  line.last.say(updates(4, 6));
  assert.deepEqual(said("updates").map(({ from, to }) => [from, to]), [[3, 3], [4, 6]]);
  assert.deepEqual(client.position, { epoch: "e1", seq: 6 });
});

test("repeated_updates_are_dropped", () => {
  const { line, said } = startLoaded(5);
  line.last.say(updates(4, 5));
  assert.deepEqual(said("updates"), []);
  assert.equal(line.sockets.length, 1);
});

test("half_repeated_updates_give_their_new_half", () => {
  const { line, said } = startLoaded(5);
  line.last.say(updates(4, 7));
  assert.deepEqual(said("updates"), [{ epoch: "e1", from: 6, to: 7, entries: entries(6, 7) }]);
});

test("a_state_read_counts_all_numbers_it_covers", () => {
  const { line, client } = startLoaded(2);
  line.last.say(updates(3, 9, { entries: entries(9, 9) }));
  line.last.say(updates(10, 10));
  assert.equal(client.position.seq, 10);
});

test("a_gap_resumes_from_the_last_number", () => {
  const { line, said, clock } = startLoaded(2);
  const first = line.last;
  first.say(updates(4, 4));
  assert.deepEqual(said("updates"), []);
  assert.equal(first.closed, true);
  clock.advance(500);
  assert.equal(line.last.url.search, "?epoch=e1&seq=2");
  line.last.welcome({ seq: 4 });
  line.last.say(updates(3, 4));
  assert.deepEqual(said("updates"), [{ epoch: "e1", from: 3, to: 4, entries: entries(3, 4) }]);
});

test("updates_beside_a_loading_snapshot_are_not_spliced_into_it", () => {
  const { line, said, client } = startLoaded(2);
  line.last.say(snapshot(5, { entries: entries(1, 3), more: true }));
  line.last.say(updates(3, 3));
  line.last.say(snapshot(5, { entries: entries(4, 5) }));
  assert.deepEqual(said("updates"), []);
  assert.equal(client.position.seq, 5);
});

test("resume_asks_from_the_given_position_and_needs_no_snapshot", () => {
  const { line, said } = startClient({ epoch: "e1", seq: 7 });
  assert.equal(line.last.url.search, "?epoch=e1&seq=7");
  line.last.welcome({ seq: 9 });
  line.last.say(updates(8, 9));
  assert.deepEqual(said("updates").map(({ from, to }) => [from, to]), [[8, 9]]);
});

for (const [name, welcome] of [["another_epoch", { epoch: "e2", seq: 20 }], ["a_head_below_the_position", { seq: 3 }]]) {
  test(`${name}_waits_for_a_whole_snapshot`, () => {
    const { line, said, client } = startClient({ epoch: "e1", seq: 7 });
    line.last.welcome(welcome);
    assert.equal(client.position, null);
    line.last.say(updates(8, 8));
    assert.deepEqual(said("updates"), []);
  });
}

test("updates_of_another_epoch_load_again", () => {
  const { line, said, clock } = startLoaded(2);
  line.last.say(updates(3, 3, { epoch: "e2" }));
  clock.advance(500);
  assert.deepEqual(said("updates"), []);
  assert.equal(line.last.url.search, "");
});

test("presence_notices_and_unknown_frames_disturb_nothing", () => {
  const { line, said } = startLoaded(1);
  line.last.say({ type: "presence", id: "a", state: {} });
  line.last.say({ type: "error", code: "unknown_type", message: "?" });
  line.last.say({ type: "weather", sky: "blue" });
  assert.equal(said("presence").length, 1);
  assert.equal(said("notice")[0].code, "unknown_type");
  assert.equal(line.sockets.length, 1);
});

test("a_frame_that_is_no_json_resumes", () => {
  const { line, clock } = startLoaded(1);
  line.last.say("{oops");
  clock.advance(500);
  assert.equal(line.sockets.length, 2);
});
