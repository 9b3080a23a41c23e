// Asks for the HTML of what changed: about once a second at most, spread by chance, so that many viewers of one session
// do not ask as one.

const INTERVAL_MS = 1000;
const SPREAD_MS = 400;
const KEYS_A_REQUEST = 40;
const RETRY_MS = { min: 2000, max: 30_000 };
const GONE = new Set([401, 403, 404, 410]);

export class FragmentQueue {
  #options;
  #waiting = new Map();
  #timer = null;
  #isAsking = false;
  #isStopped = false;
  #failures = 0;
  #lastAsked = -Infinity;

  /**
   * `onAnswer` gets each answer, `onEpoch` is told that the history is another one, `onGone` that this reader may not
   * read it any more, with the answer's status.
   */
  constructor(options) {
    this.#options = {
      fetch: globalThis.fetch.bind(globalThis),
      random: Math.random,
      now: () => performance.now(),
      setTimeout: globalThis.setTimeout.bind(globalThis),
      clearTimeout: globalThis.clearTimeout.bind(globalThis),
      ...options,
    };
  }

  get size() {
    return this.#waiting.size;
  }

  /** `key` has a value numbered `seq` that the page does not show. */
  add(key, seq) {
    if (this.#isStopped) return;
    this.#waiting.set(key, Math.max(seq, this.#waiting.get(key) ?? 0));
    this.#plan();
  }

  drop(key) {
    this.#waiting.delete(key);
  }

  stop() {
    this.#isStopped = true;
    this.#waiting.clear();
    this.#options.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #plan() {
    if (this.#timer !== null || this.#isAsking || this.#waiting.size === 0) return;
    const { random, now, setTimeout } = this.#options;
    const pause = this.#failures
      ? Math.min(RETRY_MS.max, RETRY_MS.min * 2 ** (this.#failures - 1))
      : this.#lastAsked + INTERVAL_MS - now();
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, pause) + random() * SPREAD_MS);
  }

  async #ask() {
    this.#timer = null;
    this.#isAsking = true;
    this.#lastAsked = this.#options.now();
    // More than one request holds goes on at once: the interval is between rounds, not between their pages.
    for (const batch of pages([...this.#waiting], KEYS_A_REQUEST)) {
      // Dropped while the pages before were on their way.
      const wanted = batch.filter(([key]) => this.#waiting.has(key));
      if (this.#isStopped || (wanted.length > 0 && !(await this.#askFor(wanted)))) break;
    }
    this.#isAsking = false;
    this.#plan();
  }

  /** Whether the answer came and was for us. */
  async #askFor(batch) {
    const { fetch, url, epoch, onAnswer, onEpoch, onGone } = this.#options;
    const query = new URLSearchParams([["epoch", epoch], ...batch.map(([key, seq]) => ["k", `${key}:${seq}`])]);
    let answer;
    try {
      const response = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
      if (GONE.has(response.status)) {
        this.stop();
        onGone(response.status);
        return false;
      }
      if (!response.ok) throw new Error(`fragments: ${response.status}`);
      answer = await response.json();
    } catch {
      this.#failures += 1;
      return false;
    }
    this.#failures = 0;
    if (this.#isStopped) return false;
    if (answer.epoch !== epoch) {
      this.stop();
      onEpoch();
      return false;
    }
    this.#settle(batch, answer);
    onAnswer(answer);
    return true;
  }

  /** What was answered waits no longer, unless something newer came in the meantime. */
  #settle(batch, answer) {
    const answered = new Map(answer.fragments.map(({ key, seq }) => [key, seq]));
    for (const [key, asked] of batch) {
      const seq = Math.max(asked, answered.get(key) ?? 0);
      if ((this.#waiting.get(key) ?? 0) <= seq) this.#waiting.delete(key);
    }
  }
}

function* pages(items, size) {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
