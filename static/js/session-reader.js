// The person who reads: who is at the end, or has chosen to follow, sees what comes; who reads further up is not moved,
// learns that more has come, and gets to the latest by a button.

const END_PIXELS = 96;
const SAYS_NEW = "New entries below";
const SAYS_LATEST = "Jump to latest";

export class Reader {
  #root;
  #button;
  #follow;
  #isFollowing = isAtEnd();
  #lastTop = scrolled().scrollTop;

  /** `root` is the transcript; the button to follow, if there is one, stands elsewhere in its page. */
  constructor(root, page = document) {
    this.#root = root;
    this.#button = root.querySelector("[data-new-below]");
    this.#follow = page.querySelector("[data-follow]");
    this.#button.addEventListener("click", () => this.#toEnd());
    this.#follow?.addEventListener("click", () => (this.#isFollowing ? this.#stop() : this.#toEnd()));
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#show();
  }

  /** Runs `change`, which says whether it added something, and leaves the reader where they are, or at the end. */
  keepPlace(change) {
    const follows = this.#isFollowing || isAtEnd();
    const anchor = follows || CSS.supports("overflow-anchor", "auto") ? null : this.#firstInSight();
    const top = anchor?.getBoundingClientRect().top;
    const hasAdded = change();
    if (follows) this.#toEnd();
    else if (anchor?.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - top);
    if (hasAdded && !follows) this.#button.textContent = SAYS_NEW;
    this.#show();
  }

  /** Whoever scrolls up no longer follows; whoever comes to the end does again. */
  #scrolled() {
    const { scrollTop } = scrolled();
    if (isAtEnd()) this.#isFollowing = true;
    else if (scrollTop < this.#lastTop) this.#isFollowing = false;
    this.#lastTop = scrollTop;
    this.#show();
  }

  #stop() {
    this.#isFollowing = false;
    this.#show();
  }

  #toEnd() {
    this.#isFollowing = true;
    scrolled().scrollTop = scrolled().scrollHeight;
    this.#lastTop = scrolled().scrollTop;
    this.#show();
  }

  #show() {
    const isThere = isAtEnd();
    if (isThere) this.#button.textContent = SAYS_LATEST;
    this.#button.hidden = isThere;
    this.#button.classList.toggle("primary", this.#button.textContent === SAYS_NEW);
    this.#follow?.setAttribute("aria-pressed", String(this.#isFollowing));
  }

  #firstInSight() {
    for (const element of this.#root.querySelectorAll("[data-key]")) {
      if (element.getBoundingClientRect().bottom > 0) return element;
    }
    return null;
  }
}

function scrolled() {
  return document.scrollingElement;
}

function isAtEnd() {
  const page = scrolled();
  return page.scrollHeight - page.scrollTop - innerHeight < END_PIXELS;
}
