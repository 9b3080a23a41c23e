// Keys in a conversation: j and k go from turn to turn, o opens and closes what is folded in one. Each has its button.

const SECOND_KEY_MS = 1_500;
const EXPAND = "Expand all";
const COLLAPSE = "Collapse all";

/** The number of the turn to go to: from the one with the focus, or else from the first that is in sight. */
export function nextTurn(tops, current, step) {
  if (current >= 0) return Math.min(Math.max(current + step, 0), tops.length - 1);
  const seen = tops.findIndex((top) => top >= -1);
  const from = seen < 0 ? tops.length - 1 : seen;
  return step > 0 ? from : Math.max(0, from - 1);
}

/** Whether the key belongs to something else: a field, a menu, a dialog, a combination. */
export function isTaken(event) {
  const { target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  return Boolean(target.closest?.("input, textarea, select, [contenteditable], dialog, [popover]"));
}

export function watchKeys(root) {
  let goUntil = 0;
  // Before the console's own keys, which go through rows of lists; what follows a g is theirs.
  document.addEventListener("keydown", onKey, { capture: true });

  function onKey(event) {
    if (isTaken(event)) return;
    const isSecond = event.timeStamp < goUntil;
    goUntil = event.key === "g" ? event.timeStamp + SECOND_KEY_MS : 0;
    if (isSecond) return;
    if (event.key === "j") go(root, 1);
    else if (event.key === "k") go(root, -1);
    else if (event.key === "o") toggle(current(root) ?? inSight(root));
    else return;
    event.preventDefault();
  }
}

/** Opens every fold, or closes all but failures, which stay loud. */
export function setFolds(place, isOpen) {
  for (const fold of place.querySelectorAll("details")) fold.open = isOpen || fold.matches(".tool-failed");
}

export function watchFoldButtons(root, page) {
  const button = page.querySelector("[data-expand]");
  button?.addEventListener("click", () => {
    const opens = button.textContent === EXPAND;
    setFolds(root, opens);
    button.textContent = opens ? COLLAPSE : EXPAND;
  });
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...root.querySelectorAll("details:not([open])")];
    setFolds(root, true);
  });
  addEventListener("afterprint", () => closed.forEach((fold) => (fold.open = false)));
}

function turns(root) {
  return [...root.querySelectorAll("[data-messages] > .turn:not([hidden])")];
}

function current(root) {
  return document.activeElement?.closest?.("[data-messages] > .turn") ?? null;
}

function inSight(root) {
  const all = turns(root);
  return all.find((turn) => turn.getBoundingClientRect().bottom > margin(turn)) ?? null;
}

function margin(turn) {
  return parseFloat(getComputedStyle(turn).scrollMarginTop) || 0;
}

function go(root, step) {
  const all = turns(root);
  if (!all.length) return;
  const tops = all.map((turn) => turn.getBoundingClientRect().top - margin(turn));
  const turn = all[nextTurn(tops, all.indexOf(current(root)), step)];
  turn.tabIndex = -1;
  turn.focus({ preventScroll: true });
  turn.scrollIntoView({ block: "start" });
}

function toggle(turn) {
  if (!turn) return;
  const folds = [...turn.querySelectorAll("details")];
  setFolds(turn, folds.some((fold) => !fold.open));
}
