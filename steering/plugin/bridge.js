// The console's bridge: tells the console, over one outgoing socket for each agent process, what this agent waits for,
// what it works on, and takes its person's decisions and prompts where this machine allows it.
// A plugin of the opencode agent in one file; it opens no port, and never throws into the agent.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";

const VERSION = "1.2.0";
const PROTOCOL = "opencode.bridge.v1";
const CONTENT_BYTES = 64 * 1024;
const OPEN_BYTES = 2 * 1024 * 1024;
const OPEN_ASKS = 50;
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
// After a refusal that only a person can change: signed out, no such workspace, no right.
const REFUSED_MS = 60_000;
const REFUSALS = new Set([4401, 4403, 4404]);
const PARENTS = 20;
// How old the newest nonce may be that a command carries; by this machine's own clock, which never goes back.
const NONCE_MS = 60_000;
const NONCES = 40;
const MODES = ["off", "watch", "approve", "prompt"];
const RUNS = 200;
// How long the agent may take until a prompt is among its messages, and a stopped run has ended.
const EFFECT_MS = 10_000;
const LOOK_MS = 25;
// How the agent's words for an answer are called between bridge and console.
const REPLIES = { once: "once", always: "always", reject: "rejected" };

const DONE = {
  allow: "allowed it once",
  reject: "refused it",
  answer: "answered",
  dismiss: "dismissed the question",
  stop: "stopped the run",
  prompt: "sent a prompt",
};
const ANNOUNCED = {
  approve: "The console may decide what this agent waits for, and stop it",
  prompt: "The console may decide what this agent waits for, stop it and send it prompts",
};

/** JSON with sorted keys, and without halves of surrogate pairs, which are no text. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const names = Object.keys(value).filter((name) => value[name] !== undefined).sort();
    return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(typeof value === "string" ? value.toWellFormed() : (value ?? null));
}

function digestOf(id, kind, session, content) {
  return createHash("sha256").update([`${PROTOCOL} ask`, id, kind, session, content].join("\n")).digest("hex");
}

/** The agent's login, read at every connection: the agent itself renews its token. */
async function readLogin() {
  const folder = process.env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  const file = join(folder, "opencode", "opencode.db");
  if (!existsSync(file)) return null;
  const { Database } = await import("bun:sqlite");
  const database = new Database(file, { readonly: true });
  try {
    return database
      .query(
        "SELECT a.url AS url, a.access_token AS token, s.active_org_id AS org FROM account_state s " +
          "JOIN account a ON a.id = s.active_account_id LIMIT 1",
      )
      .get();
  } finally {
    database.close();
  }
}

/** What this machine's person allows: only a file on the machine says so, and without it nothing may be decided. */
function readMode() {
  const folder = process.env.XDG_CONFIG_HOME || join(homedir(), ".config");
  try {
    const { mode } = JSON.parse(readFileSync(join(folder, "opencode", "console-bridge.json"), "utf8"));
    return MODES.includes(mode) ? mode : "watch";
  } catch {
    return "watch";
  }
}

/** An id as the agent makes them: later ones sort behind earlier ones, which its loop relies on. */
function agentId(prefix) {
  const time = ((BigInt(Date.now()) * 0x1000n) & 0xffffffffffffn).toString(16).padStart(12, "0");
  return `${prefix}_${time}${randomBytes(7).toString("hex")}`;
}

/** A text as part of a message on the terminal. */
const plain = (text) => String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").slice(0, 80);

/** Whether it has become true within EFFECT_MS. */
async function until(isTrue) {
  const end = performance.now() + EFFECT_MS;
  while (performance.now() < end) {
    if (await isTrue()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

class Bridge {
  // Raising the mode counts from the agent's next start on, lowering it at once.
  #startMode = readMode();
  #nonces = new Map();
  #results = new Map();
  #clients = new Map();
  #asks = new Map();
  #ended = new Set();
  #parents = new Map();
  #sessions = new Map();
  #runs = new Map();
  #process = "";
  #resume = "";
  #socket = null;
  #welcomed = false;
  #retry = RETRY_MS;
  #heardAt = 0;
  #beat = null;
  #directory = "";
  #agent = "opencode";

  attach(input) {
    const isFirst = this.#clients.size === 0;
    this.#clients.set(input.directory ?? "", input.client);
    if (!isFirst || this.#startMode === "off") return;
    this.#directory = input.worktree || input.directory || "";
    process.on("exit", () => this.#send({ type: "bye" }));
    // The agent waits until its plugins have returned, so that it can be asked nothing before.
    setTimeout(() => this.#connect(), 50);
  }

  // --- what the agent says

  event({ type, properties }) {
    switch (type) {
      case "permission.asked":
        return this.#asked("permission", properties);
      case "question.asked":
        return this.#asked("question", properties);
      case "permission.replied":
        return this.#ends(properties.requestID ?? properties.permissionID, REPLIES[properties.reply] ?? "withdrawn");
      case "question.replied":
        return this.#ends(properties.requestID, "answered");
      case "question.rejected":
        return this.#ends(properties.requestID, "dismissed");
      case "session.status":
        return this.#status(properties.sessionID, properties.status?.type ?? "");
      case "session.idle":
        return this.#status(properties.sessionID, "idle");
      case "session.created":
      case "session.updated":
        return this.#know(properties.info);
      default:
        return undefined;
    }
  }

  #know(info) {
    if (info?.id) this.#parents.set(info.id, info.parentID ?? "");
  }

  async #asked(kind, request) {
    if (this.#asks.has(request.id) || this.#ended.has(request.id)) return;
    const ask = this.#frameOf(kind, request, Date.now());
    this.#asks.set(request.id, ask);
    ask.root = await this.#rootOf(request.sessionID);
    if (this.#asks.has(request.id)) this.#tell(ask);
  }

  #frameOf(kind, request, at) {
    const { id, sessionID, ...rest } = request;
    const whole = canonical(rest);
    const content = Buffer.byteLength(whole) <= CONTENT_BYTES ? whole : "";
    const digest = digestOf(id, kind, sessionID, whole);
    return { id, kind, session: sessionID, root: sessionID, digest, content, at };
  }

  #ends(id, outcome) {
    if (!id || this.#ended.has(id)) return;
    this.#ended.add(id);
    this.#asks.delete(id);
    this.#send({ type: "resolved", id, outcome });
  }

  async #status(session, status) {
    if (!session || this.#sessions.get(session) === status) return;
    // The agent says twice that a session is idle.
    if (status === "idle" && !this.#sessions.has(session) && this.#runs.has(session)) return;
    const run = this.#runOf(session);
    this.#sessions.set(session, status);
    if (status === "idle") {
      this.#sessions.delete(session);
      // An aborted session's asks stay in the agent's list, and answers to them have no effect.
      for (const ask of [...this.#asks.values()]) {
        if (ask.session === session || ask.root === session) this.#ends(ask.id, "withdrawn");
      }
    }
    const root = await this.#rootOf(session);
    if (status !== "idle" && this.#sessions.get(session) !== status) return;
    this.#send({ type: "status", session, root, status, run });
  }

  /** The name of what the session does; another one each time that it begins to work. */
  #runOf(session) {
    if (!this.#sessions.has(session) || !this.#runs.has(session)) {
      this.#runs.delete(session);
      this.#runs.set(session, randomBytes(12).toString("hex"));
      if (this.#runs.size > RUNS) this.#runs.delete(this.#runs.keys().next().value);
    }
    return this.#runs.get(session);
  }

  /** The session at the root of a subagent's; the person sees that one. */
  async #rootOf(session) {
    let root = session;
    for (let depth = 0; depth < PARENTS; depth += 1) {
      if (!this.#parents.has(root)) this.#know(await this.#ask("GET", `/session/${root}`));
      const parent = this.#parents.get(root);
      if (!parent) return root;
      root = parent;
    }
    return root;
  }

  // --- what the bridge asks the agent

  async #ask(method, url, body) {
    for (const client of this.#clients.values()) {
      try {
        const answer = await client._client.request({ method, url, body, headers: { "content-type": "application/json" } });
        if (answer?.data !== undefined && !answer.error) return answer.data;
      } catch {
        // Another directory's instance may know it.
      }
    }
    return undefined;
  }

  async #askAll(url) {
    const answers = [];
    for (const client of this.#clients.values()) {
      try {
        const answer = await client._client.request({ method: "GET", url });
        if (answer?.data) answers.push(answer.data);
      } catch {
        // An instance that is being closed waits for nothing.
      }
    }
    return answers;
  }

  /** Everything that waits now, as the agent itself lists it, without what belongs to sessions that no longer run. */
  async #refresh() {
    const [permissions, questions, statuses] = await Promise.all([
      this.#askAll("/permission"),
      this.#askAll("/question"),
      this.#askAll("/session/status"),
    ]);
    const running = Object.assign({}, ...statuses);
    const isRunning = ({ sessionID }) => (running[sessionID]?.type ?? "idle") !== "idle";
    const listed = new Map();
    for (const request of permissions.flat()) listed.set(request.id, ["permission", request]);
    for (const request of questions.flat()) listed.set(request.id, ["question", request]);
    for (const id of [...this.#asks.keys()]) if (!listed.has(id)) this.#asks.delete(id);
    for (const [id, [kind, request]] of listed) {
      if (this.#ended.has(id) || this.#asks.has(id) || !isRunning(request)) continue;
      const ask = this.#frameOf(kind, request, Date.now());
      this.#asks.set(id, ask);
      ask.root = await this.#rootOf(request.sessionID);
    }
    return running;
  }

  // --- the socket

  async #connect() {
    let wait = this.#retry;
    try {
      const login = await readLogin();
      if (login?.url && login.token && login.org) {
        wait = await this.#serve(login);
      } else {
        wait = REFUSED_MS;
      }
    } catch {
      // Nothing of this may reach the agent; the next try follows.
    }
    this.#welcomed = false;
    this.#socket = null;
    clearInterval(this.#beat);
    this.#retry = Math.min(LONGEST_RETRY_MS, this.#retry * 2);
    const timer = setTimeout(() => this.#connect(), wait * (0.75 + Math.random() / 2));
    timer.unref?.();
  }

  /** Until the connection ends; returns how many milliseconds to wait before the next one. */
  #serve(login) {
    const address = `${login.url.replace(/\/+$/, "").replace(/^http/, "ws")}/sync/v1/bridge`;
    const headers = { Authorization: `Bearer ${login.token}`, "x-org-id": login.org };
    const socket = new WebSocket(address, { protocols: [PROTOCOL], headers });
    this.#socket = socket;
    return new Promise((resolve) => {
      socket.onopen = () => {
        this.#heardAt = Date.now();
        this.#hello();
      };
      socket.onmessage = ({ data }) => {
        this.#heardAt = Date.now();
        this.#received(JSON.parse(data)).catch(() => socket.close());
      };
      socket.onerror = () => {};
      socket.onclose = ({ code }) => resolve(REFUSALS.has(code) ? REFUSED_MS : this.#retry);
    });
  }

  async #hello() {
    const health = await this.#ask("GET", "/global/health");
    if (health?.version) this.#agent = `opencode/${health.version}`;
    // Without the secret of a welcome it is another process for the console.
    if (!this.#resume) this.#process = randomBytes(12).toString("hex");
    this.#send({
      type: "hello",
      process: this.#process,
      resume: this.#resume,
      machine: hostname() || "machine",
      agent: this.#agent,
      bridge: VERSION,
      kind: (process.argv.slice(2).find((word) => /^[a-z]+$/.test(word)) ?? "tui").slice(0, 20),
      mode: this.#mode,
      directory: this.#directory,
    });
  }

  async #received(frame) {
    if (frame.type === "welcome") {
      this.#resume = frame.resume || this.#resume;
      this.#retry = RETRY_MS;
      await this.#open();
      this.#watch(frame.heartbeat * 1000);
      this.#announce();
    } else if (frame.type === "command") {
      await this.#command(frame);
    } else if (frame.type === "error" && frame.code === "process_taken") {
      this.#resume = "";
    }
  }

  /** The whole truth, then only what changes. */
  async #open() {
    const running = await this.#refresh();
    let room = OPEN_BYTES;
    const asks = [...this.#asks.values()].slice(0, OPEN_ASKS).map((ask) => {
      const wired = this.#wired(ask);
      room -= wired.content.length;
      return room < 0 ? { ...wired, content: "" } : wired;
    });
    const sessions = {};
    for (const [id, { type } = {}] of Object.entries(running).slice(0, RUNS)) {
      if (!type || type === "idle") continue;
      sessions[id] = { root: await this.#rootOf(id), status: type, run: this.#runOf(id) };
      this.#sessions.set(id, type);
    }
    this.#welcomed = true;
    this.#send({ type: "open", asks, sessions, nonce: this.#nonce() });
  }

  #watch(heartbeat) {
    clearInterval(this.#beat);
    this.#beat = setInterval(() => {
      if (Date.now() - this.#heardAt > heartbeat * 3) this.#socket?.close();
      else this.#send({ type: "ping", nonce: this.#nonce() });
    }, heartbeat);
    this.#beat.unref?.();
  }

  // --- decisions

  get #mode() {
    return MODES[Math.min(MODES.indexOf(this.#startMode), MODES.indexOf(readMode()))];
  }

  #nonce() {
    const nonce = randomBytes(12).toString("hex");
    this.#nonces.set(nonce, performance.now());
    if (this.#nonces.size > NONCES) this.#nonces.delete(this.#nonces.keys().next().value);
    return nonce;
  }

  /** A command is done once; asked again, its result is said again. */
  async #command({ id, ...command }) {
    this.#send({ type: "took", id });
    if (!this.#results.has(id)) this.#results.set(id, this.#execute(command));
    const [outcome, detail] = await this.#results.get(id);
    this.#send({ type: "result", id, outcome, detail });
  }

  async #execute({ process: target, nonce, by, ...command }) {
    try {
      if (target !== this.#process) return ["failed", "another process"];
      const needed = command.op === "prompt" ? "prompt" : "approve";
      if (MODES.indexOf(this.#mode) < MODES.indexOf(needed)) return ["forbidden", ""];
      const sentAt = this.#nonces.get(nonce);
      if (sentAt === undefined || performance.now() - sentAt > NONCE_MS) return ["expired", ""];
      const outcome = await this.#perform(command);
      if (outcome[0] === "done") this.#toast(`Console: ${plain(by)} ${DONE[command.op]}`);
      return outcome;
    } catch {
      return ["failed", ""];
    }
  }

  #perform(command) {
    if (command.op === "stop") return this.#stop(command);
    if (command.op === "prompt") return this.#prompt(command);
    return this.#decide(command);
  }

  async #decide({ op, ask: askId, digest, payload }) {
    const ask = this.#asks.get(askId);
    if (!ask) return ["gone", ""];
    if (ask.digest !== digest || !ask.content) return ["changed", ""];
    const call = this.#callOf(op, ask, payload);
    if (!call) return ["failed", "unknown op"];
    // The agent takes answers to what no longer waits, without effect.
    if (!(await this.#isWaiting(ask))) return ["gone", ""];
    const done = await this.#ask("POST", ...call);
    if (done === undefined) return (await this.#isWaiting(ask)) ? ["failed", ""] : ["gone", ""];
    return ["done", ""];
  }

  async #stop({ session, run }) {
    if (!(await this.#isRunning(session))) return ["gone", ""];
    if (this.#runs.get(session) !== run) return ["changed", ""];
    const info = await this.#ask("GET", `/session/${session}`);
    if (!info || !(await this.#act(info, "abort"))) return ["failed", ""];
    return (await until(async () => !(await this.#isRunning(session)))) ? ["done", ""] : ["failed", "it still runs"];
  }

  /** Done once the text is among the session's messages; a session that works reads it at its next step. */
  async #prompt({ session, payload }) {
    const info = await this.#ask("GET", `/session/${session}`);
    if (!info) return ["gone", ""];
    const messageID = agentId("msg");
    const parts = [{ id: agentId("prt"), type: "text", text: String(payload.text) }];
    if (!(await this.#act(info, "prompt_async", { messageID, parts }))) return ["failed", ""];
    const isThere = async () => Boolean(await this.#ask("GET", `/session/${session}/message/${messageID}`));
    return (await until(isThere)) ? ["done", ""] : ["failed", "it is not among the session's messages"];
  }

  /** A call on a session, by the instance of the folder it works in: any other takes it too, and does it elsewhere. */
  async #act({ id, directory }, name, body) {
    const client = this.#clients.get(directory) ?? this.#clients.values().next().value;
    const url = `/session/${id}/${name}?directory=${encodeURIComponent(directory)}`;
    const headers = { "content-type": "application/json" };
    const { response, error } = await client._client.request({ method: "POST", url, body, headers });
    return !error && Boolean(response?.ok);
  }

  #callOf(op, { id, kind }, payload) {
    if (kind === "permission" && op === "allow") return [`/permission/${id}/reply`, { reply: "once" }];
    if (kind === "permission" && op === "reject") {
      return [`/permission/${id}/reply`, { reply: "reject", ...(payload.message ? { message: payload.message } : {}) }];
    }
    if (kind === "question" && op === "answer") return [`/question/${id}/reply`, { answers: payload.answers }];
    if (kind === "question" && op === "dismiss") return [`/question/${id}/reject`, {}];
    return null;
  }

  async #isWaiting({ id, kind, session }) {
    const [listed, isRunning] = await Promise.all([this.#askAll(`/${kind}`), this.#isRunning(session)]);
    return isRunning && listed.flat().some((each) => each.id === id);
  }

  async #isRunning(session) {
    const statuses = await this.#askAll("/session/status");
    return (statuses.find((each) => each[session])?.[session]?.type ?? "idle") !== "idle";
  }

  #announce() {
    if (ANNOUNCED[this.#mode]) this.#toast(ANNOUNCED[this.#mode]);
  }

  #toast(message) {
    for (const client of this.#clients.values()) {
      client.tui.showToast({ body: { message, variant: "info" } }).catch(() => {});
      client.app?.log?.({ body: { service: "console-bridge", level: "info", message } })?.catch?.(() => {});
    }
  }

  #wired({ at, ...ask }) {
    return { ...ask, asked: Date.now() - at };
  }

  #tell(ask) {
    this.#send({ type: "ask", ...this.#wired(ask) });
  }

  /** What cannot be sent now is part of the next `open`. */
  #send(frame) {
    const isEarly = !this.#welcomed && frame.type !== "hello" && frame.type !== "open";
    if (isEarly || this.#socket?.readyState !== 1) return;
    try {
      this.#socket.send(JSON.stringify(frame));
    } catch {
      this.#socket?.close();
    }
  }
}

// The agent loads its plugins once for each folder it works in, and the TUI loads them twice: one bridge serves all.
const SHARED = Symbol.for("opencode.console.bridge");

export const ConsoleBridge = async (input) => {
  const bridge = (globalThis[SHARED] ??= new Bridge());
  bridge.attach(input);
  return {
    event: async ({ event }) => {
      try {
        await bridge.event(event);
      } catch {
        // The agent goes on, whatever became of the bridge.
      }
    },
  };
};
