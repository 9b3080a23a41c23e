// What the agent of a session does now, in the page's head: the newest call that runs, and for how long.

const REFRESH_MS = 1_000;
const TITLE_CHARACTERS = 90;
const WORKS = new Set(["running", "quiet"]);

/** `0:42`, `12:05`, `1:02:09`; empty for what has no beginning. */
export function elapsed(began, now) {
  if (!began) return "";
  const seconds = Math.max(0, Math.floor((now - began) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const pad = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** `{ tool, title, began }` of the newest call that runs in the transcript; null when the agent has ended or waits. */
export function activityIn(root) {
  const last = [...root.querySelectorAll("[data-messages] > .turn")].at(-1);
  if (!last?.querySelector(".turn-working")) return null;
  const call = [...last.querySelectorAll(".tool-running, .tool-pending")].at(-1);
  if (!call) return { tool: "", title: doing(last), began: 0 };
  const text = (name) => call.querySelector(name)?.textContent ?? "";
  return { tool: text(".tool-name"), title: text(".tool-title").slice(0, TITLE_CHARACTERS), began: Number(call.dataset.began ?? 0) };
}

function doing(turn) {
  const last = turn.querySelector("[data-parts]")?.lastElementChild;
  if (last?.querySelector(":scope > .reasoning")) return "thinking";
  return last?.querySelector(":scope > .rich") ? "writing" : "working";
}

export function watchActivity(root, page) {
  const place = page.querySelector("[data-activity]");
  if (!place) return;
  const show = () => {
    // Of an agent that is lost or has ended, nothing is known to go on.
    const state = page.querySelector(".session-state")?.dataset.state;
    const found = WORKS.has(state) ? activityIn(root) : null;
    place.hidden = !found;
    if (!found) return;
    const words = [found.tool, found.title, elapsed(found.began, Date.now())];
    const shown = words.map((each, number) => Object.assign(document.createElement(number === 2 ? "time" : "bdi"), {
      className: ["activity-tool", "activity-title", "activity-time"][number],
      textContent: each,
    }));
    const fresh = shown.filter((each) => each.textContent);
    if (fresh.map((each) => each.textContent).join(" ") !== place.textContent) {
      place.replaceChildren(...fresh.flatMap((each, number) => (number ? [" ", each] : [each])));
    }
  };
  root.addEventListener("changed", show);
  setInterval(() => document.hidden || show(), REFRESH_MS);
  show();
}
