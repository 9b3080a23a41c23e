// The page's words for times are the server's: one table, read by tests/web/test_words.py as well.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ago } from "../../static/js/time.js";

const table = JSON.parse(readFileSync(new URL("../web/time_words.json", import.meta.url), "utf8"));

test("relative times are worded as the server words them", () => {
  for (const [then, now, words] of table) assert.equal(ago(new Date(then), new Date(now)), words);
  assert.ok(table.length > 10);
});
