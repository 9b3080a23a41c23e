import assert from "node:assert/strict";
import test from "node:test";

import { Draft } from "../../static/js/steer.js";

test("a draft is kept by the address of its controls and removed when it is empty", () => {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const draft = new Draft("/one/", storage);
  draft.text = "go on";
  assert.equal(new Draft("/one/", storage).text, "go on");
  assert.equal(new Draft("/two/", storage).text, "");
  draft.text = "";
  assert.equal(kept.size, 0);
});

test("where nothing can be stored, the draft is kept for as long as the page", () => {
  const fail = () => {
    throw new Error("denied");
  };
  const draft = new Draft("/one/", { getItem: fail, setItem: fail, removeItem: fail });
  draft.text = "go on";
  assert.equal(draft.text, "go on");
});
