import assert from "node:assert/strict";
import { test } from "node:test";

import { endingWords } from "../../static/js/session-ended.js";

test("a reader is told why the page ended, by the socket's code or the answer's status alike", () => {
  for (const [code, status, heading] of [
    [4401, 401, "You are signed out"],
    [4403, 403, "You no longer have access"],
    [4410, 404, "This is no longer here"],
  ]) {
    assert.equal(endingWords(code, "member")[0], heading);
    assert.deepEqual(endingWords(code, "member"), endingWords(status, "member"));
  }
});

test("whoever has only a link learns whether it expired, and nothing of accounts or workspaces", () => {
  assert.match(endingWords(4410, "link", { isExpired: true })[1], /^It has expired\./);
  assert.match(endingWords(4410, "link")[1], /^It was revoked, or the session was deleted\./);
  assert.equal(endingWords(4401, "link"), null);
});

test("an end that takes no right away says nothing", () => {
  for (const code of [1000, 1009, 4400, 4413, 4429]) {
    assert.equal(endingWords(code, "member"), null);
    assert.equal(endingWords(code, "link"), null);
  }
});
