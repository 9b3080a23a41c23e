// The page's rule for states is the server's: one table, read by tests/unit/sync/protocol/test_state.py as well.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ageAtFirst, stateAt } from "../../static/js/session-state.js";

const table = JSON.parse(readFileSync(new URL("../unit/sync/protocol/session_states.json", import.meta.url), "utf8"));

test("an agent that says nothing more turns quiet, then lost, when the server's rule says so", () => {
  for (const [age, hasOpenTool, word] of table) assert.equal(stateAt(age, 60, hasOpenTool ? 3600 : 900), word);
  assert.ok(table.length > 8);
});

test("a browser's clock that is wrong does not contradict what the server just said", () => {
  assert.equal(stateAt(ageAtFirst(7200, "running", 60, 900), 60, 900), "running");
  assert.equal(stateAt(ageAtFirst(-7200, "running", 60, 900), 60, 900), "running");
  assert.equal(stateAt(ageAtFirst(-7200, "quiet", 60, 900), 60, 900), "quiet");
  assert.equal(stateAt(ageAtFirst(7200, "quiet", 60, 900), 60, 900), "quiet");
  assert.equal(stateAt(ageAtFirst(0, "lost", 60, 900), 60, 900), "lost");
  assert.equal(ageAtFirst(30, "running", 60, 900), 30);
});
