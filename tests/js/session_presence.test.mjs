import assert from "node:assert/strict";
import test from "node:test";

import { peopleLines, watchPresence, watchingWords } from "../../static/js/session-presence.js";

test("one alone is not worth a word", () => {
  assert.equal(watchingWords(0), "");
  assert.equal(watchingWords(1), "");
  assert.equal(watchingWords(3), "3 watching");
});

test("people are named with what they watch in", () => {
  const people = [{ name: "Carol", kind: "ide" }, { name: "", kind: "web" }, { name: "Bob", kind: "later" }];
  assert.equal(peopleLines(people), "Carol, in an editor\nsomeone with the link, in a browser\nBob, later");
});

test("the sign follows the frames and hides while not live", () => {
  const place = { hidden: true };
  const client = new EventTarget();
  watchPresence(client, { querySelector: () => place });
  const tell = (type, detail) => client.dispatchEvent(new CustomEvent(type, { detail }));
  tell("presence", { count: 2, people: [{ name: "Carol", kind: "web" }] });
  assert.deepEqual([place.hidden, place.textContent, place.title], [false, "2 watching", "Carol, in a browser"]);
  tell("state", { state: "live" });
  assert.equal(place.hidden, false);
  tell("state", { state: "reconnecting" });
  assert.equal(place.hidden, true);
});
