// Follows a session in Node and prints every entry. From a checkout (Node 20 needs the flag, later ones do not):
//   OPENCODE_API_KEY=oc_live_… node --experimental-websocket docs/examples/follow.mjs http://127.0.0.1:8000/sync/v1/sessions/ses_1
import { SyncClient } from "../../static/js/sync-client.js";

// Node's own WebSocket takes headers beside the protocols.
class HeaderedWebSocket extends WebSocket {
  constructor(address, protocols, { headers }) {
    super(address, { protocols, headers });
  }
}

const headers = { Authorization: `Bearer ${process.env.OPENCODE_API_KEY}` };
const client = new SyncClient({ url: process.argv[2], headers, WebSocket: HeaderedWebSocket });

function print({ detail }) {
  for (const { seq, key, content } of detail.entries) console.log(seq, key, JSON.stringify(content));
}

client.addEventListener("snapshot", print);
client.addEventListener("updates", print);
client.addEventListener("closed", ({ detail }) => (process.exitCode = detail.code === 1000 ? 0 : 1));
client.start();
