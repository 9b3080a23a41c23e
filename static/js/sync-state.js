// @ts-check
/** A session's state as a map, for readers that want values rather than changes. */

/**
 * @typedef {import("./sync-stream.js").Snapshot} Snapshot
 * @typedef {import("./sync-stream.js").Updates} Updates
 * @typedef {{seq: number, content: unknown}} Value
 */

/** Key → `{seq, content}`; deleted keys are absent. @extends {Map<string, Value>} */
export class SyncState extends Map {
  /** The epoch and number the values stand at. @type {{epoch: string, seq: number} | null} */
  position = null;

  /** Replaces everything. @param {Snapshot} snapshot */
  replace({ epoch, seq, entries }) {
    this.clear();
    this.#put(entries);
    this.position = { epoch, seq };
  }

  /** @param {Updates} updates */
  apply({ epoch, to, entries }) {
    this.#put(entries);
    this.position = { epoch, seq: to };
  }

  /**
   * Follows a client until the returned function is called.
   * @param {EventTarget} client a SyncClient
   * @returns {() => void}
   */
  follow(client) {
    const onSnapshot = (/** @type {any} */ event) => this.replace(event.detail);
    const onUpdates = (/** @type {any} */ event) => this.apply(event.detail);
    client.addEventListener("snapshot", onSnapshot);
    client.addEventListener("updates", onUpdates);
    return () => {
      client.removeEventListener("snapshot", onSnapshot);
      client.removeEventListener("updates", onUpdates);
    };
  }

  /** @param {import("./sync-stream.js").Entry[]} entries */
  #put(entries) {
    for (const { key, seq, content, deleted } of entries) {
      if (deleted) this.delete(key);
      else this.set(key, { seq, content });
    }
  }
}
