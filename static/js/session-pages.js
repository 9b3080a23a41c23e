// Beyond the page that was loaded: earlier messages, entries too large to stand among others, links to a message.

const ID = /^[A-Za-z0-9_.:@-]{1,128}$/;

/** `transcript` takes what was fetched. */
export function turnPages(root, transcript) {
  if (leadsElsewhere(root)) return;
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.closest("[data-earlier]")) take(event, link, () => showEarlier(root, link, transcript));
    else if (link.matches("[data-large]")) take(event, link, () => showWhole(root, link, transcript));
    else if (link.closest(".output-gap")) take(event, link, () => showLines(link));
    else if (link.matches(".turn-link")) stay(event, link);
  });
}

/** A link to a message that is on another page of a long session. */
function leadsElsewhere(root) {
  const id = decodeURIComponent(location.hash.slice(1));
  const isHere = !ID.test(id) || document.getElementById(id);
  if (isHere || location.search || root.querySelector("[data-earlier]").hidden) return false;
  location.replace(`${root.dataset.page}?at=${id}#${id}`);
  return true;
}

/** In place of following the link, which is what happens when it fails. */
async function take(event, link, act) {
  event.preventDefault();
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  try {
    await act();
  } catch {
    location.assign(link.href);
  }
  link.ariaBusy = null;
}

async function showEarlier(root, link, transcript) {
  const response = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`earlier: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-session]");
  // Another epoch counts another history: this page is of one that is gone.
  if (page.dataset.epoch !== root.dataset.epoch) return location.reload();
  const [here, there] = [root, page].map((each) => each.querySelector("[data-earlier]"));
  const wasFocused = document.activeElement === link;
  keepInSight(root.querySelector(".turn"), () => transcript.putBefore(page));
  here.hidden = there.hidden;
  link.setAttribute("href", there.querySelector("a").getAttribute("href"));
  transcript.hasEarlier = !here.hidden;
  root.dispatchEvent(new Event("changed"));
  if (wasFocused && here.hidden) root.querySelector(".turn-link")?.focus({ preventScroll: true });
  return undefined;
}

/** Browsers hold what is in sight when something comes in above it, but not at the very top of a page. */
function keepInSight(anchor, change) {
  const { style } = document.documentElement;
  style.overflowAnchor = "none";
  const top = anchor?.getBoundingClientRect().top;
  change();
  if (anchor) scrollBy(0, anchor.getBoundingClientRect().top - top);
  requestAnimationFrame(() => style.removeProperty("overflow-anchor"));
}

async function showWhole(root, link, transcript) {
  const element = link.closest("[data-key]");
  const { key, seq } = element.dataset;
  const query = new URLSearchParams([["epoch", root.dataset.epoch], ["k", `${key}:${seq}`], ["whole", ""]]);
  const response = await fetch(`${root.dataset.fragments}?${query}`, { headers: { Accept: "application/json" } });
  const answer = response.ok ? await response.json() : { fragments: [] };
  if (answer.fragments.length !== 1) throw new Error("the entry did not come");
  transcript.putWhole(answer.fragments[0]);
}

/** The next page of an output, before the link; the ends that it repeats go. */
async function showLines(link) {
  const response = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`output: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".output-page");
  const gap = link.closest(".output-gap");
  const next = page.querySelector("[rel=next]");
  const lines = document.adoptNode(page.querySelector("pre"));
  if (page.dataset.chunk === "0") gap.previousElementSibling.remove();
  gap.before(lines);
  if (next) {
    link.setAttribute("href", next.getAttribute("href"));
    link.textContent = "Show the next lines";
    return;
  }
  if (document.activeElement === link) lines.focus({ preventScroll: true });
  gap.nextElementSibling.remove();
  gap.remove();
}

/** The message is here: no page is loaded, and its own address is what the browser shows. */
function stay(event, link) {
  const { hash } = new URL(link.href);
  if (!document.getElementById(decodeURIComponent(hash.slice(1)))) return;
  event.preventDefault();
  location.hash = hash;
}
