// @ts-check
/** What a SyncClient can be told, what it does unless told, and the codes it acts on. */

export const SUBPROTOCOL = "opencode.sync.v1";

/** Close codes after which another try cannot help, with the code that waiting publishes are refused with. */
export const FINAL_CODES = new Map([
  [1009, "too_large"],
  [4400, "bad_frame"],
  [4401, "not_signed_in"],
  [4403, "forbidden"],
  [4404, "not_found"],
  [4410, "session_removed"],
  [4413, "too_large"],
]);

export const EPOCH_CHANGED = 4409;

/**
 * @typedef {object} SyncOptions
 * @property {string} url of the session's socket; http(s) and, in a page, relative addresses are fine
 * @property {string} [epoch] with `seq`: the position to resume from
 * @property {number} [seq]
 * @property {any} [WebSocket] a constructor with the browser's interface; needed where the runtime has none
 * @property {string[]} [protocols]
 * @property {Record<string, string>} [headers] handed to the constructor as `{headers}`, for those that take it
 * @property {{minMs?: number, maxMs?: number}} [backoff]
 * @property {number} [connectTimeoutMs] from opening to `welcome`
 * @property {number} [hiddenPauseMs] a page hidden for so long lets its socket go until it is seen again
 * @property {number} [outboxBytes] of publishes without an ack
 * @property {() => number} [random] 0 ≤ n < 1
 * @property {() => number} [now] milliseconds
 * @property {(run: () => void, ms: number) => any} [setTimeout]
 * @property {(timer: any) => void} [clearTimeout]
 */

export const DEFAULTS = {
  backoff: { minMs: 500, maxMs: 15_000 },
  connectTimeoutMs: 10_000,
  heartbeatSeconds: 4,
  hiddenPauseMs: 300_000,
  outboxBytes: 8 * 1024 * 1024,
};

/** @param {SyncOptions} options */
export function completeOptions(options) {
  const complete = {
    ...DEFAULTS,
    WebSocket: globalThis.WebSocket,
    protocols: [SUBPROTOCOL],
    random: Math.random,
    now: () => globalThis.performance.now(),
    setTimeout: globalThis.setTimeout.bind(globalThis),
    clearTimeout: globalThis.clearTimeout.bind(globalThis),
    ...options,
    backoff: { ...DEFAULTS.backoff, ...options.backoff },
  };
  if (!complete.WebSocket) throw new TypeError("SyncClient: this runtime has no WebSocket; pass one as an option.");
  return complete;
}

/** The socket's address for a session's; http(s) and, in a page, relative addresses are taken. @param {string} url */
export function socketAddress(url) {
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address;
}
