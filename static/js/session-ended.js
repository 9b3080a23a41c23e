// Says why a page that is open shows nothing new any more, and what to do next. What was shown stays; its state is not
// known any longer, so nothing claims to be running.

/** By the socket's close code or the answer's status: who may not read any more, or what is no longer there. */
const SIGNED_OUT = new Set([4401, 401]);
const NO_ACCESS = new Set([4403, 403]);
const GONE = new Set([4404, 4410, 404, 410]);
const SIGNED_OUT_WORDS = ["You are signed out", "This browser was signed out, here or elsewhere.", "Sign in", "sign-in"];
const NO_ACCESS_WORDS = [
  "You no longer have access",
  "Your membership ended, or the workspace was closed.",
  "Go to your workspaces",
  "home",
];
const GONE_WORDS = [
  "This is no longer here",
  "It was deleted, or you no longer have access to its workspace.",
  "Go to your sessions",
  "home",
];

/** Heading, sentence and next step (its words and where it leads) for a `reader`: "link" or "member"; null for others. */
export function endingWords(code, reader, { isExpired = false } = {}) {
  if (reader === "link") return GONE.has(code) || NO_ACCESS.has(code) ? linkWords(isExpired) : null;
  if (SIGNED_OUT.has(code)) return SIGNED_OUT_WORDS;
  if (NO_ACCESS.has(code)) return NO_ACCESS_WORDS;
  return GONE.has(code) ? GONE_WORDS : null;
}

function linkWords(isExpired) {
  const why = isExpired ? "It has expired." : "It was revoked, or the session was deleted.";
  return ["This link no longer works", `${why} Ask whoever sent it to you for a new one.`, "What this means", "help"];
}

/** Show the banner once; `place` says who reads: data-reader, data-expires (seconds since 1970) and the next steps. */
export function showEnding(code, place, page = document, now = Date.now()) {
  const { reader, expires, helpUrl } = place.dataset;
  const words = endingWords(code, reader, { isExpired: Boolean(expires) && Number(expires) * 1000 <= now });
  if (!words || page.querySelector("[data-ended]")) return;
  const [heading, sentence, step, leads] = words;
  const next = encodeURIComponent(location.pathname + location.search);
  const href = { home: "/", "sign-in": `/accounts/login/?next=${next}`, help: helpUrl }[leads];
  const banner = element("div", { className: "callout bad ended" });
  banner.setAttribute("role", "alert");
  banner.dataset.ended = "";
  const text = element("p", {});
  text.append(element("strong", { textContent: `${heading}.` }), ` ${sentence} What you see is how it was before.`);
  banner.append(text, element("a", { className: "button small", href, textContent: step }));
  page.querySelector("main").prepend(banner);
  forgetStates(page);
}

/** Take the words for states away, with what pulses beside them. */
export function forgetStates(page) {
  for (const shown of page.querySelectorAll(".session-state, .session-line")) {
    delete shown.dataset.since;
    delete shown.dataset.state;
    shown.querySelector(".state")?.remove();
    shown.querySelector(".state-since")?.remove();
    if (shown.matches(".session-state")) shown.parentElement.hidden = true;
  }
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
