// Runs the editor example with a stand-in for the editor that prints what the status bar shows.
import { followSession } from "../../docs/examples/vscode/extension.mjs";

class HeaderedWebSocket extends WebSocket {
  constructor(address, protocols, { headers }) {
    super(address, { protocols, headers });
  }
}

const item = { text: "", show: () => console.log(item.text), dispose() {} };
const vscode = { window: { createStatusBarItem: () => item } };
followSession(vscode, { url: process.argv[2], key: process.env.OPENCODE_API_KEY, WebSocket: HeaderedWebSocket });
