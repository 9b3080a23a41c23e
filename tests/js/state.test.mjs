import assert from "node:assert/strict";
import { test } from "node:test";

import { SyncState } from "../../static/js/sync-client.js";
import { entries, snapshot, startClient, updates } from "./support/fakes.mjs";

test("state_is_the_snapshot_and_what_followed", () => {
  const { client, line } = startClient();
  const state = new SyncState();
  const stop = state.follow(client);
  line.last.welcome({ seq: 2 });
  line.last.say(snapshot(2));
  line.last.say(updates(3, 4, { entries: [{ key: entries(1, 1)[0].key, seq: 3, content: "new" }, { key: entries(2, 2)[0].key, seq: 4, deleted: true }] }));
  assert.deepEqual([...state], [[entries(1, 1)[0].key, { seq: 3, content: "new" }]]);
  assert.deepEqual(state.position, { epoch: "e1", seq: 4 });
  stop();
  line.last.say(updates(5, 5));
  assert.equal(state.size, 1);
});

test("a_new_snapshot_replaces_the_state", () => {
  const state = new SyncState();
  state.replace({ epoch: "e1", seq: 3, entries: entries(1, 3) });
  state.replace({ epoch: "e2", seq: 1, entries: entries(1, 1) });
  assert.equal(state.size, 1);
  assert.equal(state.position.epoch, "e2");
});
