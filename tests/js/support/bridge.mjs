// The bridge in Node: an agent that answers by a table, a socket that keeps what was sent, the login of a fake database.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

// The agent runs plugins in Bun: its database module does not exist here, and the file is a module by its content.
const hooks = `
  const LOGIN = 'export class Database { query() { return { get: () => ' +
    '({ url: "http://console.test", token: "oc_dev_x", org: "wrk_1" }) }; } close() {} }';
  export const resolve = (name, context, next) => name === "bun:sqlite"
    ? { url: "data:text/javascript," + encodeURIComponent(LOGIN), shortCircuit: true } : next(name, context);
  export const load = (url, context, next) =>
    next(url, url.includes("plugin/bridge.js") ? { ...context, format: "module" } : context);
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const home = mkdtempSync(join(tmpdir(), "bridge-"));
process.env.XDG_DATA_HOME = join(home, "data");
process.env.XDG_CONFIG_HOME = join(home, "config");
const modeFile = join(home, "config", "opencode", "console-bridge.json");
for (const file of [join(home, "data", "opencode", "opencode.db"), modeFile]) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "");
}

export const setMode = (mode) => writeFileSync(modeFile, JSON.stringify({ mode }));

export class FakeSocket {
  static current = null;
  readyState = 1;
  sent = [];

  constructor(url, options) {
    Object.assign(this, { url, options });
    FakeSocket.current = this;
    setTimeout(() => this.onopen(), 0);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code = 1000) {
    this.readyState = 3;
    this.onclose({ code });
  }

  hear(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  /** The first frame of this kind, once it was sent; `from` leaves out as many that were sent before. */
  async frame(type, from = 0) {
    const find = () => this.sent.slice(from).find((each) => each.type === type);
    while (!find()) await new Promise((resolve) => setTimeout(resolve, 1));
    return find();
  }
}

/** An agent whose routes are functions by "METHOD path"; it keeps its calls and its toasts. */
export class FakeAgent {
  calls = [];
  toasts = [];
  statuses = {};
  permissions = [];
  sessions = {};
  messages = new Set();
  tui = { showToast: async ({ body }) => void this.toasts.push(body.message) };

  constructor(directory = "/srv/web") {
    this.directory = directory;
  }

  _client = {
    request: async ({ method, url, body }) => {
      const [path] = url.split("?");
      if (method === "POST") this.calls.push([url, body]);
      const data = this.#answer(method, path.split("/").slice(1), body);
      return data === undefined ? { error: {}, response: { ok: false } } : { data, response: { ok: true } };
    },
  };

  #answer(method, [root, id, name, message], body) {
    if (root === "permission" && method === "GET") return this.permissions;
    if (root === "question" && method === "GET") return [];
    if (root === "global") return { version: "1.18.33" };
    if (root === "session" && id === "status") return this.statuses;
    if (root === "session" && method === "GET" && name === "message") return this.messages.has(message) ? {} : undefined;
    if (root === "session" && method === "GET") return this.sessions[id];
    if (name === "abort") return delete this.statuses[id];
    if (name === "prompt_async") return this.#prompted(body);
    return true;
  }

  #prompted({ messageID }) {
    this.messages.add(messageID);
    return {};
  }
}

/** A bridge that was welcomed, of a fresh copy of the plugin. */
export async function bridged(mode, agent) {
  setMode(mode);
  globalThis.WebSocket = FakeSocket;
  delete globalThis[Symbol.for("opencode.console.bridge")];
  FakeSocket.current = null;
  const { ConsoleBridge } = await import(`../../../steering/plugin/bridge.js?${Math.random()}`);
  const hooks = await ConsoleBridge({ directory: agent.directory, worktree: agent.directory, client: agent });
  while (!FakeSocket.current) await new Promise((resolve) => setTimeout(resolve, 5));
  const socket = FakeSocket.current;
  const hello = await socket.frame("hello");
  socket.hear({ type: "welcome", process: hello.process, resume: "secret", heartbeat: 3600, ceiling: "prompt" });
  const open = await socket.frame("open");
  return {
    socket,
    hello,
    open,
    say: (type, properties) => hooks.event({ event: { type, properties } }),
    async command(more) {
      const from = socket.sent.length;
      socket.hear({ type: "command", id: `cmd_${from}`, process: hello.process, nonce: open.nonce, by: "ann", ...more });
      return socket.frame("result", from);
    },
  };
}
