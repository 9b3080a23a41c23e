// @ts-check
/** Publishes that are not acknowledged yet; they are sent again, with the same id, on every new connection. */

/**
 * @typedef {{key: string, content?: unknown, deleted?: boolean}} Update
 * @typedef {{id: string, epoch: string, from: number, to: number}} Ack
 * @typedef {{text: string, bytes: number, promise: Promise<Ack>, resolve: (ack: Ack) => void, reject: (error: Error) => void}} Publish
 */

/** A publish that was refused; `code` is the stable code of the refusal. */
export class SyncError extends Error {
  /** @param {string} code @param {string} [message] */
  constructor(code, message) {
    super(message || code);
    this.name = "SyncError";
    this.code = code;
  }
}

export class Outbox {
  /** In the order of publishing. @type {Map<string, Publish>} */
  #waiting = new Map();

  #bytes = 0;

  #limit;

  /** @param {number} limit bytes of frames that may wait */
  constructor(limit) {
    this.#limit = limit;
  }

  get size() {
    return this.#waiting.size;
  }

  /** The frames to send on a new connection, oldest first. @returns {string[]} */
  frames() {
    return [...this.#waiting.values()].map((publish) => publish.text);
  }

  /**
   * Takes a publish in. An id that waits already gives the promise it has, and nothing to send.
   * @param {string} id @param {Update[]} updates @param {number} frameLimit bytes one frame may have
   * @returns {{promise: Promise<Ack>, text: string | null}}
   */
  add(id, updates, frameLimit) {
    const waiting = this.#waiting.get(id);
    if (waiting) return { promise: waiting.promise, text: null };
    const text = JSON.stringify({ type: "publish", id, updates });
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > frameLimit) {
      return { promise: Promise.reject(new SyncError("frame_too_large", `The frame has ${bytes} bytes; ${frameLimit} are allowed.`)), text: null };
    }
    if (this.#bytes + bytes > this.#limit) {
      return { promise: Promise.reject(new SyncError("outbox_full", "Too much waits to be sent.")), text: null };
    }
    /** @type {Publish} */
    const publish = Object.assign({ text, bytes }, withResolvers());
    this.#waiting.set(id, publish);
    this.#bytes += bytes;
    return { promise: publish.promise, text };
  }

  /** @param {Ack} ack */
  settle({ id, epoch, from, to }) {
    this.#take(id)?.resolve({ id, epoch, from, to });
  }

  /** @param {string} id @param {SyncError} error */
  refuse(id, error) {
    this.#take(id)?.reject(error);
  }

  /** Nothing will be sent any more. @param {SyncError} error */
  refuseAll(error) {
    for (const id of [...this.#waiting.keys()]) this.refuse(id, error);
  }

  /** @param {string} id */
  #take(id) {
    const publish = this.#waiting.get(id);
    if (publish) {
      this.#waiting.delete(id);
      this.#bytes -= publish.bytes;
    }
    return publish;
  }
}

/** A new operation id; `randomUUID` alone would need a secure context. @returns {string} */
export function newOperationId() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {{promise: Promise<Ack>, resolve: (ack: Ack) => void, reject: (error: Error) => void}} */
function withResolvers() {
  /** @type {(ack: Ack) => void} */
  let resolve = () => {};
  /** @type {(error: Error) => void} */
  let reject = () => {};
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
