// What the page of a session works out by itself: how long a call runs, where j and k go, what a turn's steps are called.
import assert from "node:assert/strict";
import test from "node:test";

import { elapsed } from "../../static/js/session-activity.js";
import { isTaken, nextTurn } from "../../static/js/session-keys.js";
import { stepWords } from "../../static/js/session-outline.js";

test("how long a call has been running", () => {
  const began = 1_795_340_283_445;
  const shown = [0, 42, 725, 3729].map((seconds) => elapsed(began, began + seconds * 1000));
  assert.deepEqual(shown, ["0:00", "0:42", "12:05", "1:02:09"]);
  assert.equal(elapsed(0, began), "");
  assert.equal(elapsed(began, began - 5000), "0:00");
});

test("j and k go on from the turn with the focus, and stay at the ends", () => {
  const tops = [-300, -100, 50, 400];
  assert.deepEqual([nextTurn(tops, 1, 1), nextTurn(tops, 1, -1)], [2, 0]);
  assert.deepEqual([nextTurn(tops, 3, 1), nextTurn(tops, 0, -1)], [3, 0]);
});

test("without a focus they go to what is next in sight", () => {
  const tops = [-300, -100, 50, 400];
  assert.deepEqual([nextTurn(tops, -1, 1), nextTurn(tops, -1, -1)], [2, 1]);
  assert.deepEqual([nextTurn([-300, -100], -1, 1), nextTurn([20, 90], -1, -1)], [1, 0]);
});

test("keys in fields, menus and combinations are left alone", () => {
  const target = (found) => ({ closest: () => found });
  assert.equal(isTaken({ target: target(null) }), false);
  assert.equal(isTaken({ target: target({}) }), true);
  assert.equal(isTaken({ target: target(null), ctrlKey: true }), true);
  assert.equal(isTaken({ target: target(null), defaultPrevented: true }), true);
});

test("steps are counted, and failures among them", () => {
  assert.deepEqual([stepWords(1, 0), stepWords(9, 6)], ["1 step", "9 steps, 6 failed"]);
});
