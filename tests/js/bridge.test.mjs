import assert from "node:assert/strict";
import test, { after } from "node:test";

import { FakeAgent, bridged, setMode } from "./support/bridge.mjs";

// The bridge keeps a timer and a socket for as long as its agent lives.
after(() => setTimeout(() => process.exit(), 10));

const ROOT = { id: "ses_1", directory: "/srv/web" };
const ASK = { id: "per_1", sessionID: "ses_1", permission: "bash", patterns: ["ls"], metadata: { command: "ls" } };

function working(directory) {
  const agent = new FakeAgent(directory);
  agent.sessions = { ses_1: ROOT, ses_2: { id: "ses_2", parentID: "ses_1", directory: "/srv/web" } };
  agent.statuses = { ses_1: { type: "busy" }, ses_2: { type: "busy" } };
  return agent;
}

test("what runs is told with its root and a name, which changes with each run", async () => {
  const { socket, hello, open, say } = await bridged("prompt", working());
  assert.equal(socket.options.headers.Authorization, "Bearer oc_dev_x");
  assert.equal(hello.mode, "prompt");
  assert.deepEqual([open.sessions.ses_1.root, open.sessions.ses_2.root], ["ses_1", "ses_1"]);
  await say("session.status", { sessionID: "ses_1", status: { type: "idle" } });
  await say("session.idle", { sessionID: "ses_1" });
  await say("session.status", { sessionID: "ses_1", status: { type: "busy" } });
  const told = socket.sent.filter((each) => each.type === "status").map(({ status, run }) => [status, run]);
  const [first, second] = [open.sessions.ses_1.run, told[1][1]];
  assert.deepEqual(told, [["idle", first], ["busy", second]]);
  assert.notEqual(first, second);
});

test("a stop ends the run that was shown, in the folder that it works in", async () => {
  const agent = working();
  const { command, open } = await bridged("approve", agent);
  const run = open.sessions.ses_1.run;
  assert.equal((await command({ op: "stop", session: "ses_1", run: "another" })).outcome, "changed");
  assert.deepEqual(agent.calls, []);
  assert.equal((await command({ op: "stop", session: "ses_1", run })).outcome, "done");
  assert.deepEqual(agent.calls, [["/session/ses_1/abort?directory=%2Fsrv%2Fweb", undefined]]);
  assert.equal((await command({ op: "stop", session: "ses_1", run })).outcome, "gone");
  assert.deepEqual(agent.toasts.slice(-1), ["Console: ann stopped the run"]);
});

test("a prompt is done once it is among the session's messages, and is done once", async () => {
  const agent = working();
  const { socket, command, hello, open } = await bridged("prompt", agent);
  const again = { type: "command", id: "cmd_0", process: hello.process, nonce: open.nonce, by: "ann", op: "prompt" };
  for (const _ of [1, 2]) socket.hear({ ...again, session: "ses_1", payload: { text: "go on" } });
  await socket.frame("result", socket.sent.findIndex((each) => each.type === "result") + 1);
  assert.equal(agent.calls.length, 1);
  const [url, { messageID, parts }] = agent.calls[0];
  assert.equal(url, "/session/ses_1/prompt_async?directory=%2Fsrv%2Fweb");
  assert.match(messageID, /^msg_[0-9a-f]{26}$/);
  assert.deepEqual([parts[0].type, parts[0].text, agent.messages.has(messageID)], ["text", "go on", true]);
  assert.equal((await command({ op: "prompt", session: "ses_9", payload: { text: "go on" } })).outcome, "gone");
});

test("ids of messages sort by when they were made", async () => {
  const agent = working();
  const { command } = await bridged("prompt", agent);
  for (const text of ["one", "two"]) {
    await command({ op: "prompt", session: "ses_1", payload: { text } });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const ids = agent.calls.map(([, body]) => body.messageID);
  assert.deepEqual(ids, [...ids].sort());
});

test("what this machine does not allow, and what is too old or for another process, is not done", async () => {
  const agent = working();
  const { command, open, hello } = await bridged("approve", agent);
  const prompt = { op: "prompt", session: "ses_1", payload: { text: "go on" } };
  const stop = { op: "stop", session: "ses_1", run: open.sessions.ses_1.run };
  assert.equal((await command(prompt)).outcome, "forbidden");
  assert.equal((await command({ ...stop, nonce: "unknown" })).outcome, "expired");
  assert.equal((await command({ ...stop, process: `${hello.process}0` })).outcome, "failed");
  const clock = performance.now;
  performance.now = () => clock.call(performance) + 61_000;
  assert.equal((await command(stop)).outcome, "expired");
  performance.now = clock;
  setMode("prompt");
  assert.equal((await command(prompt)).outcome, "forbidden", "raising counts from the agent's next start on");
  setMode("watch");
  assert.equal((await command(stop)).outcome, "forbidden", "lowering counts at once");
  assert.deepEqual(agent.calls, []);
});

test("an ask is allowed by its digest alone, and while it waits", async () => {
  const agent = working();
  const { socket, command, say } = await bridged("approve", agent);
  agent.permissions = [ASK];
  await say("permission.asked", ASK);
  const { digest } = await socket.frame("ask");
  const allow = { op: "allow", session: "ses_1", ask: "per_1", digest, payload: {} };
  assert.equal((await command({ ...allow, digest: "0".repeat(64) })).outcome, "changed");
  assert.equal((await command(allow)).outcome, "done");
  assert.deepEqual(agent.calls, [["/permission/per_1/reply", { reply: "once" }]]);
  agent.permissions = [];
  assert.equal((await command(allow)).outcome, "gone");
});

test("names from elsewhere cannot write to the terminal", async () => {
  const agent = working();
  const { command, open } = await bridged("approve", agent);
  await command({ op: "stop", session: "ses_1", run: open.sessions.ses_1.run, by: "a\u001b[31mnn\u202e" });
  assert.equal(agent.toasts.at(-1), "Console: a[31mnn stopped the run");
});
