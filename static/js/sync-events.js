// @ts-check
/** `CustomEvent` for runtimes that have `EventTarget` but not yet this. */

const CustomEventClass =
  globalThis.CustomEvent ??
  class extends Event {
    /** @param {string} type @param {{detail?: unknown}} [init] */
    constructor(type, init) {
      super(type);
      this.detail = init?.detail;
    }
  };

/** @param {string} type @param {unknown} detail */
export function customEvent(type, detail) {
  return new CustomEventClass(type, { detail });
}
