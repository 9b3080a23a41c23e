// Publishes COUNT updates with one client and follows them with another, whatever happens to the server meanwhile.
// Prints "acked N" as it goes and at the end one line of JSON.
//   node --experimental-websocket publish_and_follow.mjs URL KEY COUNT
import { SyncClient, SyncState } from "../../../static/js/sync-client.js";

const IN_FLIGHT = 8;
const [url, key, count] = process.argv.slice(2);
const session = url.split("/").at(-1);

// Node's own WebSocket takes headers beside the protocols.
class HeaderedWebSocket extends WebSocket {
  constructor(address, protocols, { headers }) {
    super(address, { protocols, headers });
  }
}

function connect() {
  const headers = { Authorization: `Bearer ${key}` };
  return new SyncClient({ url, headers, WebSocket: HeaderedWebSocket, backoff: { minMs: 50, maxMs: 500 } });
}

const reader = connect();
const state = new SyncState();
state.follow(reader);
const seen = [];
let snapshots = 0;
reader.addEventListener("snapshot", ({ detail }) => (snapshots += 1) && seen.push(...detail.entries.map(({ seq }) => seq)));
reader.addEventListener("updates", ({ detail }) => seen.push(...detail.entries.map(({ seq }) => seq)));
let breaks = 0;
reader.addEventListener("state", ({ detail }) => (breaks += detail.retryInMs > 0 ? 1 : 0));
reader.start();

const writer = connect();
writer.start();
const acked = [];
let next = 0;

async function publishInTurn() {
  while (next < Number(count)) {
    const number = next++;
    const update = { key: `session/part/${session}/msg_1/prt_${number}`, content: { text: `part ${number}` } };
    const { from, to } = await writer.publish([update]);
    acked.push([from, to]);
    console.log(`acked ${acked.length}`);
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, publishInTurn));
const head = Math.max(...acked.map(([, to]) => to));
if ((reader.position?.seq ?? 0) < head) {
  await new Promise((resolve) => reader.addEventListener("updates", ({ detail }) => detail.to >= head && resolve()));
}
console.log(JSON.stringify({ acked, seen, snapshots, breaks, texts: [...state.values()].map(({ content }) => content.text) }));
writer.close();
reader.close();
