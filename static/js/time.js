// Relative times: keeps the words of every <time data-relative> true while the page is open.
// The wording is the server's (opencode/lib/timewords.py); one table of examples tests both.
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const REFRESH_MS = 10_000;

export function ago(then, now) {
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  if (seconds < 5) return "now";
  if (seconds < MINUTE) return `${seconds} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  if (seconds < 30 * DAY) return `${Math.floor(seconds / DAY)} d ago`;
  return then.toISOString().slice(0, 10);
}

export function stopwatch(since, now) {
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function count() {
  const now = new Date();
  for (const element of document.querySelectorAll("time[data-running]")) {
    element.textContent = stopwatch(new Date(element.dateTime), now);
  }
}

export function refresh(root = document) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const words = ago(new Date(element.dateTime), now);
    if (element.textContent !== words) element.textContent = words;
  }
}

if (typeof document !== "undefined") {
  refresh();
  setInterval(() => document.hidden || refresh(), REFRESH_MS);
  setInterval(() => document.hidden || count(), 1000);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
