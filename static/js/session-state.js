// Keeps the word for a session's state true while a page is left open: running, then quiet, then lost.
// The rule is the server's (sync/protocol/state.py); one table of examples tests both.

const REFRESH_MS = 1_000;
// By element: what was known of it when it was first seen, for as long as the server says nothing new.
const seen = new WeakMap();

/** The state of an agent that has not said that it ended, `age` seconds after the session's last update. */
export function stateAt(age, quietAfter, lostAfter) {
  if (age < quietAfter) return "running";
  return age < lostAfter ? "quiet" : "lost";
}

/** The age in seconds by the browser's clock, held to what the server's word allows: that clock can be wrong. */
export function ageAtFirst(claimed, word, quietAfter, lostAfter) {
  const [least, most] = { running: [0, quietAfter], quiet: [quietAfter, lostAfter] }[word] ?? [lostAfter, Infinity];
  return Math.min(Math.max(claimed, least), most - 1);
}

function stateOf(element, now) {
  const { since, state } = element.dataset;
  const quietAfter = Number(element.closest("[data-quiet]").dataset.quiet);
  const lostAfter = Number(element.closest("[data-lost]").dataset.lost);
  let known = seen.get(element);
  if (known?.since !== since) {
    known = { since, age: ageAtFirst(now / 1000 - Number(since), state, quietAfter, lostAfter), at: now };
    seen.set(element, known);
  }
  return stateAt(known.age + (now - known.at) / 1000, quietAfter, lostAfter);
}

/** Bring what is shown of a session's state to what the server says now, in place: a link beside it keeps its focus. */
export function takeState(shown, fresh) {
  for (const name of ["state", "since", "lost"]) {
    if (name in fresh.dataset) shown.dataset[name] = fresh.dataset[name];
    else delete shown.dataset[name];
  }
  shown.querySelector(".state").textContent = fresh.dataset.state;
}

export function refreshStates(root = document, now = Date.now()) {
  for (const element of root.querySelectorAll("[data-state][data-since]")) {
    const state = stateOf(element, now);
    if (element.dataset.state === state) continue;
    element.dataset.state = state;
    element.querySelector(".state").textContent = state;
  }
}

if (typeof document !== "undefined") {
  refreshStates();
  setInterval(() => document.hidden || refreshStates(), REFRESH_MS);
  document.addEventListener("visibilitychange", () => document.hidden || refreshStates());
}
