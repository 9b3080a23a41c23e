// @ts-check
/**
 * The client of `opencode.sync.v1`: follows one session live and publishes to it. Without dependencies; runs in browsers,
 * in Node 20 and later and in editor extension hosts.
 *
 *     const client = new SyncClient({ url: "/sync/v1/sessions/ses_1" });
 *     client.addEventListener("snapshot", (event) => load(event.detail.entries));
 *     client.addEventListener("updates", (event) => apply(event.detail.entries));
 *     client.start();
 *
 * Events, all `CustomEvent`s: `state` {state, retryInMs}, `welcome` (the frame), `snapshot` {epoch, seq, entries} (whole),
 * `updates` {epoch, from, to, entries}, `presence` and `notice` (the frames), `closed` {code, reason}.
 */

import { customEvent } from "./sync-events.js";
import { completeOptions, DEFAULTS, EPOCH_CHANGED, FINAL_CODES, socketAddress, SUBPROTOCOL } from "./sync-options.js";
import { newOperationId, Outbox, SyncError } from "./sync-outbox.js";
import { isOffline, watchPage } from "./sync-page.js";
import { SyncState } from "./sync-state.js";
import { parseFrame, SyncStream } from "./sync-stream.js";

export { FINAL_CODES, SUBPROTOCOL, SyncError, SyncState, SyncStream };

const OPEN = 1;
const PROBE_AFTER_HEARTBEATS = 1.5;
const LOST_AFTER_HEARTBEATS = 2.5;

/**
 * @typedef {import("./sync-options.js").SyncOptions} SyncOptions
 * @typedef {import("./sync-outbox.js").Ack} Ack
 * @typedef {import("./sync-outbox.js").Update} Update
 * @typedef {"idle" | "connecting" | "live" | "reconnecting" | "closed"} ConnectionState
 */

export class SyncClient extends EventTarget {
  #options;
  #url;
  #stream;
  #outbox;
  /** @type {ConnectionState} */
  #state = "idle";
  /** @type {any} */
  #socket = null;
  #attempts = 0;
  #retryAfterMs = 0;
  #heartbeatMs = DEFAULTS.heartbeatSeconds * 1000;
  #frameLimit = Infinity;
  #lastReceived = 0;
  #asleep = false;
  /** @type {any} */
  #retryTimer = null;
  /** @type {any} */
  #watchTimer = null;
  /** @type {any} */
  #behindTimer = null;
  #unwatchPage = () => {};

  /** @param {SyncOptions} options */
  constructor(options) {
    super();
    this.#options = completeOptions(options);
    this.#url = socketAddress(options.url);
    const { epoch, seq } = options;
    this.#stream = new SyncStream(epoch !== undefined && seq !== undefined ? { epoch, seq } : null);
    this.#outbox = new Outbox(this.#options.outboxBytes);
  }

  /** The last update that was handed out; resume from it later with the options `epoch` and `seq`. */
  get position() {
    return this.#stream.position;
  }

  get state() {
    return this.#state;
  }

  /** Connects, and stays connected until `close()` or a final refusal. */
  start() {
    if (this.#state !== "idle" && this.#state !== "closed") return;
    this.#attempts = 0;
    const { hiddenPauseMs: hiddenMs, setTimeout, clearTimeout } = this.#options;
    this.#unwatchPage = watchPage({ onWake: () => this.#wake(), onSleep: () => this.#sleep(), hiddenMs, setTimeout, clearTimeout });
    this.#connect();
  }

  /** Ends the connection for good; publishes without an ack are refused with the code `closed`. */
  close() {
    if (this.#state !== "closed") this.#finish(1000, "closed by the client", "closed");
  }

  /**
   * Publishes all of `updates` or none. The promise outlives reconnects; it is rejected with a SyncError when the server
   * refuses, when too much waits, and when the connection ends for good.
   * @param {Update[]} updates
   * @param {{id?: string}} [options] an id makes a repeat harmless, also across restarts of the caller
   * @returns {Promise<Ack>}
   */
  publish(updates, { id = newOperationId() } = {}) {
    if (this.#state === "closed") return Promise.reject(new SyncError("closed", "The connection has ended."));
    const { promise, text } = this.#outbox.add(id, updates, this.#frameLimit);
    if (this.#asleep) this.#wake();
    else if (text !== null && this.#state === "live") this.#send(text);
    return promise;
  }

  // --- connection

  #connect() {
    const { WebSocket, protocols, headers, connectTimeoutMs } = this.#options;
    this.#clearTimers();
    const address = new URL(this.#url);
    const position = this.#stream.position;
    if (position) {
      address.searchParams.set("epoch", position.epoch);
      address.searchParams.set("seq", String(position.seq));
    }
    const socket = headers ? new WebSocket(address.href, protocols, { headers }) : new WebSocket(address.href, protocols);
    this.#socket = socket;
    socket.onmessage = (/** @type {any} */ event) => this.#receive(event.data);
    socket.onclose = (/** @type {any} */ event) => this.#closed(event.code, String(event.reason ?? ""));
    socket.onerror = () => {}; // always followed by onclose, which knows more
    this.#watchTimer = this.#options.setTimeout(() => this.#resume(), connectTimeoutMs);
    this.#enter(this.#state === "idle" || this.#state === "closed" ? "connecting" : "reconnecting", 0);
  }

  /** Lets the socket go without waiting for the other side, which may be gone. */
  #release() {
    const socket = this.#socket;
    this.#socket = null;
    this.#clearTimers();
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    const refusal = FINAL_CODES.get(code);
    if (refusal) {
      this.#finish(code, reason, refusal);
      return;
    }
    if (code === EPOCH_CHANGED) this.#stream.reset();
    this.#resume();
  }

  /** Ends this connection and plans the next, with full jitter under an exponential ceiling. */
  #resume() {
    this.#release();
    const { backoff, random, setTimeout } = this.#options;
    const ceiling = isOffline(this.#url) ? backoff.maxMs : Math.min(backoff.maxMs, backoff.minMs * 2 ** this.#attempts);
    const delay = Math.round(this.#retryAfterMs + random() * ceiling);
    this.#attempts += 1;
    this.#retryAfterMs = 0;
    this.#retryTimer = setTimeout(() => this.#connect(), delay);
    this.#enter("reconnecting", delay);
  }

  /** @param {number} code @param {string} reason @param {string} refusal */
  #finish(code, reason, refusal) {
    this.#release();
    this.#unwatchPage();
    this.#asleep = false;
    this.#enter("closed", null);
    this.#outbox.refuseAll(new SyncError(refusal, reason));
    this.#emit("closed", { code, reason });
  }

  #wake() {
    if (!this.#asleep && this.#retryTimer === null) return;
    this.#asleep = false;
    this.#connect();
  }

  #sleep() {
    if (this.#outbox.size > 0) return;
    this.#release();
    this.#asleep = true;
    this.#enter("reconnecting", null);
  }

  // --- frames

  /** @param {unknown} data */
  #receive(data) {
    this.#lastReceived = this.#options.now();
    const frame = parseFrame(data);
    switch (frame?.type) {
      case "welcome":
        return this.#welcome(frame);
      case "snapshot":
        return this.#follow(this.#stream.snapshot(frame));
      case "updates":
        return this.#follow(this.#stream.updates(frame));
      case "heartbeat":
        return this.#compare(frame);
      case "ack":
        return this.#outbox.settle(frame);
      case "error":
        return this.#refused(frame);
      case "presence":
        return this.#emit("presence", frame);
      case "bye":
        this.#retryAfterMs = 1000 * (frame.retry_after ?? 0);
        return undefined;
      case undefined:
        return this.#resume();
      default:
        return undefined; // a newer server may say more
    }
  }

  /** @param {any} frame */
  #refused(frame) {
    if (frame.id) this.#outbox.refuse(frame.id, new SyncError(frame.code, frame.message));
    else this.#emit("notice", frame);
  }

  /** @param {any} frame */
  #welcome(frame) {
    this.#stream.begin(frame);
    this.#heartbeatMs = 1000 * (frame.heartbeat ?? DEFAULTS.heartbeatSeconds);
    this.#frameLimit = frame.limits?.frame_bytes ?? Infinity;
    this.#watch();
    for (const text of this.#outbox.frames()) this.#send(text);
    this.#enter("live", null);
    this.#emit("welcome", frame);
  }

  /** @param {import("./sync-stream.js").Verdict} verdict */
  #follow(verdict) {
    if (!verdict) return;
    if ("fault" in verdict) this.#mend(verdict.fault);
    else this.#emit(verdict.event, verdict.detail);
  }

  /** @param {import("./sync-stream.js").Fault} fault */
  #mend(fault) {
    if (fault === "epoch") this.#stream.reset();
    this.#resume();
  }

  /** A head that stays ahead of us for a whole heartbeat means that something was lost without a gap to show it. @param {any} head */
  #compare(head) {
    this.#attempts = 0;
    const difference = this.#stream.compare(head);
    if (difference === "epoch") this.#mend("epoch");
    if (difference !== "behind" || this.#behindTimer !== null) return;
    this.#behindTimer = this.#options.setTimeout(() => {
      this.#behindTimer = null;
      if (this.#stream.compare(head) === "behind") this.#resume();
    }, this.#heartbeatMs);
  }

  /** Asks when it has been quiet for longer than a heartbeat, and gives the connection up when nothing answers. */
  #watch() {
    const { now, setTimeout, clearTimeout } = this.#options;
    clearTimeout(this.#watchTimer);
    const quiet = now() - this.#lastReceived;
    const probe = PROBE_AFTER_HEARTBEATS * this.#heartbeatMs;
    const lost = LOST_AFTER_HEARTBEATS * this.#heartbeatMs;
    if (quiet >= lost) {
      this.#resume();
      return;
    }
    if (quiet >= probe) this.#send('{"type":"ping"}');
    this.#watchTimer = setTimeout(() => this.#watch(), quiet >= probe ? lost - quiet : probe - quiet);
  }

  // --- small parts

  /** @param {string} text */
  #send(text) {
    if (this.#socket?.readyState === OPEN) this.#socket.send(text);
  }

  #clearTimers() {
    for (const timer of [this.#retryTimer, this.#watchTimer, this.#behindTimer]) this.#options.clearTimeout(timer);
    this.#retryTimer = this.#watchTimer = this.#behindTimer = null;
  }

  /** @param {ConnectionState} state @param {number | null} retryInMs */
  #enter(state, retryInMs) {
    this.#state = state;
    this.#emit("state", { state, retryInMs });
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(customEvent(type, detail));
  }
}
