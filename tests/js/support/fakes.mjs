// A clock that only moves when told and a socket that a test scripts from the server's side.
import { SyncClient } from "../../../static/js/sync-client.js";

export class Clock {
  time = 0;
  #timers = new Map();
  #next = 1;

  now = () => this.time;

  setTimeout = (run, ms) => {
    const id = this.#next++;
    this.#timers.set(id, { run, at: this.time + ms });
    return id;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  get waiting() {
    return this.#timers.size;
  }

  advance(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (due.length === 0) break;
      const [id, timer] = due[0];
      this.#timers.delete(id);
      this.time = timer.at;
      timer.run();
    }
    this.time = end;
  }
}

export class Line {
  sockets = [];

  constructor() {
    const line = this;
    this.WebSocket = class {
      readyState = 0;
      sent = [];
      closed = false;

      constructor(url, protocols, options) {
        Object.assign(this, { url: new URL(url), protocols, options });
        line.sockets.push(this);
      }

      send(text) {
        this.sent.push(JSON.parse(text));
      }

      close() {
        this.closed = true;
        this.readyState = 3;
      }

      // the server's side
      say(frame) {
        this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
      }

      welcome(fields = {}) {
        this.readyState = 1;
        this.say({ type: "welcome", session: "ses_1", epoch: "e1", seq: 0, role: "editor", limits: {}, heartbeat: 4, ...fields });
      }

      hangUp(code, reason = "") {
        this.readyState = 3;
        this.onclose?.({ code, reason });
      }
    };
  }

  get last() {
    return this.sockets.at(-1);
  }
}

export function entries(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ key: `session/part/ses_1/m/p${from + i}`, seq: from + i, content: from + i }));
}

export function snapshot(seq, fields = {}) {
  return { type: "snapshot", epoch: "e1", seq, entries: entries(1, seq), more: false, ...fields };
}

export function updates(from, to, fields = {}) {
  return { type: "updates", epoch: "e1", from, to, entries: entries(from, to), ...fields };
}

/** A started client with everything it said so far in `log`, as [type, detail] pairs. */
export function startClient(options = {}) {
  const clock = new Clock();
  const line = new Line();
  const client = new SyncClient({
    url: "https://console.test/sync/v1/sessions/ses_1",
    WebSocket: line.WebSocket,
    random: () => 1,
    now: clock.now,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    ...options,
  });
  const log = [];
  for (const type of ["state", "welcome", "snapshot", "updates", "presence", "notice", "closed"]) {
    client.addEventListener(type, (event) => log.push([type, event.detail]));
  }
  client.start();
  const said = (type) => log.filter(([name]) => name === type).map(([, detail]) => detail);
  return { client, clock, line, log, said };
}

/** The same, connected and loaded up to `seq`. */
export function startLoaded(seq, options) {
  const parts = startClient(options);
  parts.line.last.welcome({ seq });
  parts.line.last.say(snapshot(seq));
  return parts;
}
