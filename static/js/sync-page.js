// @ts-check
/** What a browser page knows about its chances: the network is gone, the tab has been out of sight for long. */

/**
 * Calls `onSleep` when the page has been hidden for `hiddenMs`, and `onWake` when it is seen or online again.
 * Outside a browser nothing is watched.
 * @param {{onWake: () => void, onSleep: () => void, hiddenMs: number, setTimeout: Function, clearTimeout: Function}} options
 * @returns {() => void} stops watching
 */
export function watchPage({ onWake, onSleep, hiddenMs, setTimeout, clearTimeout }) {
  const page = globalThis.document;
  if (!page || typeof globalThis.addEventListener !== "function") return () => {};
  /** @type {any} */
  let timer = null;
  const onVisibility = () => {
    clearTimeout(timer);
    if (page.visibilityState === "hidden") timer = setTimeout(onSleep, hiddenMs);
    else onWake();
  };
  page.addEventListener("visibilitychange", onVisibility);
  globalThis.addEventListener("online", onWake);
  return () => {
    clearTimeout(timer);
    page.removeEventListener("visibilitychange", onVisibility);
    globalThis.removeEventListener("online", onWake);
  };
}

/** Whether a try is pointless now. A loopback server is there without any network. @param {URL} url */
export function isOffline(url) {
  if (["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) return false;
  return globalThis.navigator?.onLine === false;
}
