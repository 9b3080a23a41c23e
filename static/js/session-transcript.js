// The transcript in the page: puts fragments where they belong, by order, and keeps what the reader has opened.

// Beyond so many messages the browser lays out only what is looked at.
const LONG_MESSAGES = 200;

export class Transcript {
  #root;
  #messages;
  #places;
  /** Parts whose message has not come, by message. */
  #orphans = new Map();
  #elements = new Map();
  #seqs = new Map();
  /** What is shown as plain text until its HTML comes. */
  #plain = new Set();
  #empty;

  /** Whether there are messages before the first one here. */
  hasEarlier = false;

  constructor(root) {
    this.#root = root;
    this.hasEarlier = !root.querySelector("[data-earlier]").hidden;
    this.#messages = root.querySelector("[data-messages]");
    this.#places = {
      ask: root.querySelector("[data-asks]"),
      diff: root.querySelector("[data-changes]"),
      other: root.querySelector("[data-others]"),
    };
    this.#empty = root.querySelector("[data-empty]");
    for (const element of root.querySelectorAll("[data-key]")) this.#know(element);
    for (const part of root.querySelector("[data-orphans]").content.children) {
      this.#know(part);
      this.#waiting(part.dataset.parent).push(part);
    }
  }

  seqOf(key) {
    return this.#seqs.get(key) ?? 0;
  }

  /** What is shown as plain text until its HTML comes, by key and number. */
  plain() {
    return [...this.#plain].map((key) => [key, this.seqOf(key)]);
  }

  /** The models of the messages shown, in reading order. */
  models() {
    const labels = [...this.#messages.children].map((turn) => turn.dataset.model).filter(Boolean);
    return [...new Set(labels)];
  }

  /** Shows one fragment; true when it added something that was not there. */
  put({ key, seq, kind, html, parent, order, plain = false }) {
    // What belongs before the first message here is shown when that page is.
    if (kind === "message" && !this.#elements.has(key) && this.#isEarlier(order)) return false;
    const isFormatted = seq === this.seqOf(key) && this.#plain.has(key) && !plain;
    if (seq <= this.seqOf(key) && !isFormatted) return false;
    this.#seqs.set(key, seq);
    if (plain) this.#plain.add(key);
    else this.#plain.delete(key);
    const before = this.#elements.get(key);
    const after = parse(html);
    if (!after) {
      before?.remove();
      this.#elements.delete(key);
      return false;
    }
    if (before && kind === "message") return this.#update(before, after, order);
    if (before) keepState(before, after);
    this.#know(after);
    before?.remove();
    this.#place(after, kind, parent);
    if (!before) after.classList.add("arrived");
    return !before && after.isConnected;
  }

  /** The messages of the page before this one; the message this page begins in may have parts on both. */
  putBefore(page) {
    const fetched = [...page.querySelectorAll("[data-messages] > *")].map((turn) => document.adoptNode(turn));
    for (const turn of fetched) {
      const parts = [...turn.querySelectorAll("[data-parts] > *")];
      const here = this.#elements.get(turn.dataset.key);
      const fresh = parts.filter((part) => !this.#elements.has(part.dataset.key));
      for (const part of fresh) this.#know(part);
      if (here) {
        for (const part of fresh) insertInOrder(here.querySelector("[data-parts]"), part);
      } else {
        this.#know(turn);
        insertInOrder(this.#messages, turn);
        this.#adopt(turn);
      }
    }
    this.#root.toggleAttribute("data-long", this.#messages.childElementCount > LONG_MESSAGES);
    this.#showEmpty();
  }

  /** In the place of a link to it: an entry that was too large to stand among others. */
  putWhole({ key, seq, kind, html, order }) {
    const before = this.#elements.get(key);
    const after = parse(html);
    if (!before || !after || seq < this.seqOf(key)) return;
    if (kind === "message") {
      this.#update(before, after, order);
    } else {
      before.replaceWith(after);
      this.#know(after);
      for (const fold of after.querySelectorAll(":scope > details")) fold.open = true;
    }
  }

  #isEarlier(order) {
    return this.hasEarlier && order < this.#messages.firstElementChild?.dataset.order;
  }

  /** Takes it away; what it was before `seq`, and may still be on its way, does not come back. */
  remove(key, seq) {
    const element = this.#elements.get(key);
    this.#elements.delete(key);
    this.#plain.delete(key);
    this.#seqs.set(key, Math.max(seq, this.seqOf(key)));
    if (!element) return false;
    // Parts live longer than their message: should it come back, they are here.
    const parts = element.querySelector("[data-parts]");
    if (parts) this.#waiting(element.id).push(...parts.children);
    element.remove();
    this.#showEmpty();
    return false;
  }

  /** Removes everything that is not among `keys`: what a whole state at `seq` does not name is gone. */
  retain(keys, seq) {
    for (const key of [...this.#elements.keys()]) {
      if (!keys.has(key)) this.remove(key, seq);
    }
  }

  #know(element) {
    const { key, seq } = element.dataset;
    this.#elements.set(key, element);
    this.#seqs.set(key, Number(seq));
    if (element.hasAttribute("data-plain")) this.#plain.add(key);
  }

  #waiting(messageId) {
    if (!this.#orphans.has(messageId)) this.#orphans.set(messageId, []);
    return this.#orphans.get(messageId);
  }

  #place(element, kind, parent) {
    if (kind === "part") {
      const turn = this.#turn(parent);
      if (turn) insertInOrder(turn, element);
      else this.#waiting(parent).push(element);
    } else if (kind === "message") {
      insertInOrder(this.#messages, element);
      this.#adopt(element);
    } else {
      insertInOrder(this.#places[kind], element);
    }
    this.#showEmpty();
  }

  #turn(messageId) {
    return this.#messages.querySelector(`:scope > [id="${CSS.escape(messageId)}"] > [data-parts]`);
  }

  #adopt(turn) {
    const parts = turn.querySelector("[data-parts]");
    // A part that was sent again while it waited is known by its newest element only.
    for (const part of this.#waiting(turn.id)) {
      if (this.#elements.get(part.dataset.key) === part) insertInOrder(parts, part);
    }
    this.#orphans.delete(turn.id);
  }

  /** A message's frame changes around its parts, which stay as they are. */
  #update(before, after, order) {
    for (const slot of ["head", "own", "end"]) {
      const [old, fresh] = [before, after].map((turn) => turn.querySelector(`:scope > [data-slot="${slot}"]`));
      if (!old || !fresh || old.isEqualNode(fresh)) continue;
      keepState(old, fresh);
      old.replaceWith(fresh);
    }
    const hasMoved = before.dataset.order !== order;
    before.className = after.className;
    delete before.dataset.plain;
    Object.assign(before.dataset, after.dataset);
    if (hasMoved) insertInOrder(this.#messages, before);
    return false;
  }

  #showEmpty() {
    this.#empty.hidden = this.#messages.childElementCount > 0;
  }
}

/** The one element of a fragment's HTML, which the server has sanitised; null when it shows nothing. */
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Siblings are sorted by `data-order`; most news belongs at the end, so the search starts there. */
export function insertInOrder(container, element) {
  let next = null;
  let last = container.lastElementChild;
  while (last && (last === element || last.dataset.order > element.dataset.order)) {
    if (last !== element) next = last;
    last = last.previousElementSibling;
  }
  if (element.parentElement !== container || element.nextElementSibling !== next) container.insertBefore(element, next);
}

/** Carries over which folds are open, and where the focus is. */
function keepState(before, after) {
  const folds = after.querySelectorAll("details");
  const known = new Map(named(before.querySelectorAll("details")));
  for (const [name, fold] of named(folds)) {
    if (known.has(name)) fold.open = known.get(name).open;
  }
  const stops = "summary, a, pre, [tabindex]";
  const index = [...before.querySelectorAll(stops)].indexOf(document.activeElement);
  if (index >= 0) queueMicrotask(() => after.querySelectorAll(stops)[index]?.focus({ preventScroll: true }));
}

function named(folds) {
  const seen = new Map();
  return [...folds].map((fold) => {
    const name = fold.dataset.fold ?? "";
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return [`${name} ${seen.get(name)}`, fold];
  });
}
