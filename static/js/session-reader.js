// The person who reads: who is at the end follows, who reads further up is not moved and is told that more has come.

const END_PIXELS = 96;

export class Reader {
  #root;
  #button;

  constructor(root) {
    this.#root = root;
    this.#button = root.querySelector("[data-new-below]");
    this.#button.addEventListener("click", () => toEnd());
    addEventListener("scroll", () => isAtEnd() && this.#told(true), { passive: true });
  }

  /** Runs `change`, which says whether it added something, and leaves the reader where they are, or at the end. */
  keepPlace(change) {
    const wasAtEnd = isAtEnd();
    const anchor = wasAtEnd || CSS.supports("overflow-anchor", "auto") ? null : this.#firstInSight();
    const top = anchor?.getBoundingClientRect().top;
    const hasAdded = change();
    if (wasAtEnd) toEnd();
    else if (anchor?.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - top);
    if (hasAdded && !wasAtEnd) this.#told(false);
  }

  #firstInSight() {
    for (const element of this.#root.querySelectorAll("[data-key]")) {
      if (element.getBoundingClientRect().bottom > 0) return element;
    }
    return null;
  }

  #told(isKnown) {
    this.#button.hidden = isKnown;
  }
}

function isAtEnd() {
  const page = document.scrollingElement;
  return page.scrollHeight - page.scrollTop - innerHeight < END_PIXELS;
}

function toEnd() {
  document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
}
