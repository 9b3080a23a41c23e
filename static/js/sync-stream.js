// @ts-check
/**
 * The reading half of `opencode.sync.v1`, without sockets or timers: which frames continue what a reader has, which
 * repeat it, and which mean that it must resume or load again.
 */

/**
 * @typedef {{key: string, seq: number, content?: unknown, deleted?: boolean}} Entry
 * @typedef {{epoch: string, seq: number}} Position
 * @typedef {{epoch: string, seq: number, entries: Entry[]}} Snapshot
 * @typedef {{epoch: string, from: number, to: number, entries: Entry[]}} Updates
 * @typedef {"gap" | "epoch"} Fault
 * @typedef {{event: "snapshot", detail: Snapshot} | {event: "updates", detail: Updates} | {fault: Fault} | null} Verdict
 */

/** A reader's place in one session's order of updates. */
export class SyncStream {
  /** @type {Position | null} */
  #position;

  /** The parts of a snapshot that has not come whole yet. @type {Snapshot | null} */
  #loading = null;

  /** @param {Position | null} position where an earlier reader of the same state stopped */
  constructor(position = null) {
    this.#position = position && { ...position };
  }

  /** The last update that was handed out, or null before the first snapshot. @returns {Position | null} */
  get position() {
    return this.#position && { ...this.#position };
  }

  /** Forgets the place: only a whole snapshot is accepted next. */
  reset() {
    this.#position = null;
    this.#loading = null;
  }

  /**
   * A connection began. Half a snapshot of the one before is worth nothing; another epoch, or a place beyond the head,
   * cannot be continued.
   * @param {Position} welcome
   */
  begin({ epoch, seq }) {
    this.#loading = null;
    if (this.#position && (this.#position.epoch !== epoch || this.#position.seq > seq)) this.#position = null;
  }

  /**
   * One part of a snapshot; the state is handed out when the last one is here.
   * @param {Snapshot & {more?: boolean}} part
   * @returns {Verdict}
   */
  snapshot({ epoch, seq, entries, more }) {
    const loading = this.#loading;
    if (loading && loading.epoch === epoch && loading.seq === seq) {
      for (const entry of entries) loading.entries.push(entry);
    } else {
      this.#loading = { epoch, seq, entries: [...entries] };
    }
    if (more || !this.#loading) return null;
    const whole = this.#loading;
    this.#loading = null;
    this.#position = { epoch, seq };
    return { event: "snapshot", detail: whole };
  }

  /**
   * A frame covers every number from `from` to `to`, though a state read lists only the newest entry of a key.
   * While a snapshot is on its way frames are left out: should one be missing after it, that is a gap and is mended as one.
   * @param {Updates} frame
   * @returns {Verdict}
   */
  updates({ epoch, from, to, entries }) {
    const position = this.#position;
    if (!position || this.#loading) return null;
    if (position.epoch !== epoch) return { fault: "epoch" };
    if (to <= position.seq) return null;
    if (from > position.seq + 1) return { fault: "gap" };
    const known = position.seq;
    this.#position = { epoch, seq: to };
    const fresh = from === known + 1 ? entries : entries.filter((entry) => entry.seq > known);
    return { event: "updates", detail: { epoch, from: known + 1, to, entries: fresh } };
  }

  /**
   * What the server's head says about this reader: `behind` may heal by itself, `epoch` cannot.
   * @param {Position} head
   * @returns {"behind" | "epoch" | null}
   */
  compare({ epoch, seq }) {
    const position = this.#position;
    if (!position || this.#loading) return null;
    if (position.epoch !== epoch) return "epoch";
    return seq > position.seq ? "behind" : null;
  }
}

/** The frame, or null for what is none. @param {unknown} data @returns {any} */
export function parseFrame(data) {
  try {
    return JSON.parse(/** @type {string} */ (data));
  } catch {
    return null;
  }
}
