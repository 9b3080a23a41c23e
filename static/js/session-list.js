// Keeps the Sessions page live: asks for the list every few seconds while somebody looks, and puts changes in place.
// A row that is shown keeps its place until the next visit; new rows slide in on top.
import { showEnding } from "./session-ended.js";
import { takeState } from "./session-state.js";
import { refresh } from "./time.js";

const POLL_MS = 3_000;
const LONGEST_WAIT_MS = 30_000;
const TIMEOUT_MS = 10_000;
const GONE = { 401: "signed out", 403: "no longer yours", 404: "no longer yours" };

const connection = document.querySelector("[data-list-connection]");
const words = document.querySelector("[data-list-words]");
const news = document.querySelector("[data-list-news]");
let etag = "";
let asked = "";
let failures = 0;
let timer = 0;
let due = 0;
let busy = false;
let gone = false;

const list = () => document.getElementById("session-list");

function show(state, text) {
  if (connection.dataset.state !== state) connection.dataset.state = state;
  if (words.textContent !== text) words.textContent = text;
}

function plan(wait) {
  due = Date.now() + wait;
  tick();
}

// Asks when the time has come; until then counts the seconds down if the last try failed. A hidden page rests.
function tick() {
  clearTimeout(timer);
  if (document.hidden || busy || gone) return;
  const left = due - Date.now();
  if (left <= 0) {
    poll();
    return;
  }
  if (failures) show("waiting", `reconnecting in ${Math.ceil(left / 1000)} s`);
  timer = setTimeout(tick, Math.min(left, 1_000));
}

async function poll() {
  busy = true;
  const answered = await ask().catch(() => false);
  busy = false;
  failures = answered ? 0 : failures + 1;
  if (answered && !gone) show("live", "live");
  plan(answered ? POLL_MS : Math.min(LONGEST_WAIT_MS, POLL_MS * 2 ** (failures - 1)));
}

// True when the server answered, whatever it said.
async function ask() {
  const url = list().dataset.rowsUrl;
  if (url !== asked) etag = "";
  asked = url;
  const headers = etag ? { "If-None-Match": etag } : {};
  const response = await fetch(url, { headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (GONE[response.status]) {
    gone = true;
    show("offline", GONE[response.status]);
    showEnding(response.status, list());
  }
  if (response.status === 200) {
    const text = await response.text();
    // A search may have put another list here meanwhile; this answer is not for it.
    if (list().dataset.rowsUrl === url) {
      etag = response.headers.get("ETag") ?? "";
      merge(new DOMParser().parseFromString(text, "text/html").getElementById("session-list"));
    }
  }
  return response.ok || response.status === 304 || gone;
}

function merge(fresh) {
  const shown = list();
  const body = shown.querySelector("tbody");
  const freshBody = fresh.querySelector("tbody");
  if (!body || !freshBody) {
    if (body || freshBody) shown.replaceChildren(...fresh.childNodes);
    return;
  }
  const rows = [...freshBody.rows];
  const kept = new Set(rows.map((row) => row.id));
  for (const row of [...body.rows]) if (!kept.has(row.id)) row.remove();
  let arrived = 0;
  for (const row of rows.reverse()) {
    const old = document.getElementById(row.id);
    if (old) update(old, row);
    else {
      row.classList.add("slides-in");
      body.prepend(row);
      arrived += 1;
    }
  }
  shown.querySelector(".pagination")?.remove();
  const pagination = fresh.querySelector(".pagination");
  if (pagination) shown.append(pagination);
  if (arrived) news.textContent = arrived === 1 ? "1 new session" : `${arrived} new sessions`;
  refresh(body);
}

// Cell by cell, and only those that differ, so that a link keeps its focus and a selection stays.
function update(old, row) {
  [...row.cells].forEach((cell, index) => {
    const shown = old.cells[index];
    const states = [shown, cell].map((each) => each.querySelector(".session-line"));
    if (states.every(Boolean)) takeState(...states);
    if (normal(shown) !== normal(cell)) shown.innerHTML = cell.innerHTML;
  });
}

function normal(cell) {
  const time = cell.querySelector("time");
  return time ? time.dateTime : cell.innerHTML;
}

document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:afterSettle", () => refresh(list()));
plan(0);
