// The heart of an editor's extension: shows a session's title in the status bar and keeps it up to date.
// `vscode` is handed in, so that the same code runs in an extension host and in a test under Node.
import { SyncClient, SyncState } from "../../../static/js/sync-client.js";

/**
 * @param {any} vscode the editor's API
 * @param {{url: string, key: string, WebSocket: any}} options the key comes from the editor's secret storage
 * @returns {{dispose: () => void}} for `context.subscriptions`
 */
export function followSession(vscode, { url, key, WebSocket }) {
  const item = vscode.window.createStatusBarItem();
  const client = new SyncClient({ url: `${url}?client=ide`, headers: { Authorization: `Bearer ${key}` }, WebSocket });
  const state = new SyncState();
  const session = url.split("/").at(-1);

  function show() {
    const title = state.get(`session/info/${session}`)?.content.title ?? session;
    item.text = client.state === "live" ? `$(sync) ${title}` : `$(sync-ignored) ${title}`;
    item.show();
  }

  const unfollow = state.follow(client);
  for (const event of ["snapshot", "updates", "state"]) client.addEventListener(event, show);
  client.start();
  return {
    dispose() {
      unfollow();
      client.close();
      item.dispose();
    },
  };
}
