// Keyboard shortcuts, none of them the only way: Ctrl-K palette, / search, j k and Enter in lists, g and a letter for
// pages, ? for this list, which the sidebar's button opens too.
import { openPalette } from "./palette.js";

const SECOND_KEY_MS = 1_500;
const ROWS = "main tbody tr, main .rows > li";
let goUntil = 0;
let help;

const isTyping = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]");

function row(step) {
  const links = [...document.querySelectorAll(ROWS)]
    .filter((each) => each.checkVisibility())
    .map((each) => each.querySelector("a[href]"))
    .filter(Boolean);
  if (!links.length) return;
  const now = links.findIndex((link) => link.closest("tr, li").contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next].focus();
}

function search() {
  const field = [...document.querySelectorAll("main input[type=search]")].find((each) => each.checkVisibility());
  if (field) field.select();
  return Boolean(field) || openPalette();
}

function go(key) {
  document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
}

// Without the numbers beside it.
function labelOf(link) {
  return [...link.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())?.data.trim() ?? "";
}

function line(keys, words) {
  const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
  keys.forEach((key) => term.append(Object.assign(document.createElement("kbd"), { textContent: key }), " "));
  meaning.textContent = words;
  return [term, meaning];
}

function showHelp() {
  if (!help) {
    help = Object.assign(document.createElement("dialog"), { className: "shortcuts", id: "shortcuts" });
    const heading = Object.assign(document.createElement("h2"), { id: "shortcuts-title", textContent: "Keyboard shortcuts" });
    help.setAttribute("aria-labelledby", heading.id);
    const keys = document.createElement("dl");
    keys.append(
      ...line(["Ctrl", "K"], "Search everything by name"),
      ...line(["/"], "Search on this page"),
      ...line(["j"], "Next row"),
      ...line(["k"], "Previous row"),
      ...line(["Enter"], "Open the row"),
      ...line(["?"], "This list"),
    );
    for (const link of document.querySelectorAll("[data-go]")) {
      keys.append(...line(["g", link.dataset.go], labelOf(link)));
    }
    const close = Object.assign(document.createElement("button"), { className: "button", type: "button", textContent: "Close" });
    close.addEventListener("click", () => help.close());
    help.append(heading, keys, close);
    document.body.append(help);
  }
  help.showModal();
}

// What a key does; false when it does nothing here and keeps its usual meaning.
const KEYS = {
  "/": search,
  "?": () => showHelp() ?? true,
  j: () => row(1) ?? true,
  k: () => row(-1) ?? true,
  g: () => (goUntil = Date.now() + SECOND_KEY_MS),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    if (openPalette()) event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
  if (Date.now() < goUntil) {
    goUntil = 0;
    go(event.key);
    event.preventDefault();
  } else if (KEYS[event.key]?.()) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts]")) showHelp();
});
