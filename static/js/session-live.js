// A session's page follows the session: changes come over the socket by key, their HTML from the server by fragment.
import { watchActivity } from "./session-activity.js";
import { watchConnection } from "./session-connection.js";
import { watchCopying } from "./session-copy.js";
import { showEnding } from "./session-ended.js";
import { FragmentQueue } from "./session-fragments.js";
import { Header } from "./session-header.js";
import { watchFoldButtons, watchKeys } from "./session-keys.js";
import { Steps, watchOutline } from "./session-outline.js";
import { turnPages } from "./session-pages.js";
import { watchPresence } from "./session-presence.js";
import { Reader } from "./session-reader.js";
import { Transcript } from "./session-transcript.js";
import { SyncClient } from "./sync-client.js";
import { refresh } from "./time.js";

const RELOAD_SPREAD_MS = 2000;
// Beyond so many changed keys one page is cheaper than its pieces.
const RELOAD_KEYS = 600;

/** Kinds whose entries a page shows through its header, or not at all. */
const isShown = (key) => !key.startsWith("session/model/");

export function follow(root, transcript, reader) {
  const { socket, fragments, epoch } = root.dataset;
  const head = Number(root.dataset.head);
  const header = new Header(document);
  const client = new SyncClient({ url: socket, epoch, seq: head });
  let isLeaving = false;

  // Another epoch counts another history, so nothing on the page is comparable any more.
  function reload() {
    if (isLeaving) return;
    isLeaving = true;
    client.close();
    setTimeout(() => location.reload(), Math.random() * RELOAD_SPREAD_MS);
  }

  const queue = new FragmentQueue({
    url: fragments,
    epoch,
    onEpoch: reload,
    onGone(status) {
      showEnding(status, root);
      client.close();
    },
    onAnswer(answer) {
      reader.keepPlace(() => answer.fragments.map((fragment) => transcript.put(fragment)).some(Boolean));
      header.update(answer, transcript.models());
      refresh(root.querySelector("[data-asks]"));
      root.dispatchEvent(new Event("changed"));
      askForPlain();
    },
  });

  // The server shows plain text where rendering would have kept the page waiting.
  function askForPlain() {
    for (const [key, seq] of transcript.plain()) queue.add(key, seq);
  }

  function changed(entries) {
    for (const { key, seq, deleted } of entries) {
      if (deleted) {
        queue.drop(key);
        reader.keepPlace(() => transcript.remove(key, seq));
        root.dispatchEvent(new Event("changed"));
      } else if (isShown(key) && seq > transcript.seqOf(key)) {
        queue.add(key, seq);
      }
    }
  }

  client.addEventListener("updates", ({ detail }) => (detail.epoch === epoch ? changed(detail.entries) : reload()));
  client.addEventListener("snapshot", ({ detail }) => {
    // What is not here though it is as old as the page belongs to an earlier one.
    const news = detail.entries.filter(({ key, seq }) => isShown(key) && seq > (transcript.seqOf(key) || head));
    if (detail.epoch !== epoch || news.length > RELOAD_KEYS) return reload();
    transcript.retain(new Set(detail.entries.map(({ key }) => key)), detail.seq);
    return changed(news);
  });
  client.addEventListener("closed", ({ detail }) => {
    queue.stop();
    showEnding(detail.code, root);
  });
  watchConnection(client, document);
  watchPresence(client, document);
  client.start();
  askForPlain();
}

const root = document.querySelector("[data-session]");
if (root) {
  const transcript = new Transcript(root);
  turnPages(root, transcript);
  watchOutline(root, document);
  new Steps(root, document);
  watchKeys(root);
  watchFoldButtons(root, document);
  watchCopying(root);
  watchActivity(root, document);
  if (root.dataset.socket) follow(root, transcript, new Reader(root));
}
