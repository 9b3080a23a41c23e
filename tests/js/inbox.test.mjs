import assert from "node:assert/strict";
import test from "node:test";

import { actOf, isEdited } from "../../static/js/inbox.js";

/** An ask with these elements, by selector. */
const ask = (elements = {}) => ({
  querySelector: (selector) => elements[selector] ?? null,
  querySelectorAll: (selector) => elements[selector] ?? [],
});

test("j and k go through the list and stay in it", () => {
  const asks = [ask(), ask()];
  assert.deepEqual(actOf("j", null, asks), [asks[0], "focus"]);
  assert.deepEqual(actOf("j", asks[0], asks), [asks[1], "focus"]);
  assert.deepEqual(actOf("j", asks[1], asks), [null, "focus"]);
  assert.deepEqual(actOf("k", asks[1], asks), [asks[0], "focus"]);
  assert.deepEqual(actOf("k", asks[0], asks), [asks[0], "focus"]);
});

test("letters act on the ask that has the focus, and a refusal is one step further than its key", () => {
  const own = ask({ 'button[value="allow"]': "allow", 'input[name="words"]': "words", "[data-open]": "open" });
  assert.deepEqual(actOf("a", own, [own]), ["allow", "click"]);
  assert.deepEqual(actOf("r", own, [own]), ["words", "focus"]);
  assert.deepEqual(actOf("o", own, [own]), ["open", "click"]);
  assert.deepEqual(actOf("a", ask(), []), [null, "click"]);
  assert.equal(actOf("x", own, [own]), null);
});

test("digits choose an answer", () => {
  const own = ask({ ".choice input": ["first", "second"] });
  assert.deepEqual(actOf("2", own, [own]), ["second", "click"]);
  assert.deepEqual(actOf("3", own, [own]), [null, "click"]);
});

test("what somebody is in the middle of is not taken away", () => {
  const root = (...inputs) => ({ querySelectorAll: () => inputs });
  assert.equal(isEdited(root({ type: "hidden", value: "digest" }, { type: "text", value: "" })), false);
  assert.equal(isEdited(root({ type: "text", value: "use make" })), true);
  assert.equal(isEdited(root({ type: "radio", value: "MySQL", checked: false })), false);
  assert.equal(isEdited(root({ type: "radio", value: "MySQL", checked: true })), true);
});
