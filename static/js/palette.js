// The palette: Ctrl-K, or the sidebar's Search, opens a dialog that searches everything by name. Without scripts the
// same link leads to a page that does the same.
const DELAY_MS = 120;
const opener = document.querySelector("[data-palette]");
let dialog, input, list, timer, asked;

function build() {
  dialog = Object.assign(document.createElement("dialog"), { className: "palette", id: "palette" });
  dialog.setAttribute("aria-label", "Search");
  input = Object.assign(document.createElement("input"), {
    type: "text",
    placeholder: "Pages, acts, sessions, people, keys",
    maxLength: 100,
    autocomplete: "off",
    spellcheck: false,
  });
  list = Object.assign(document.createElement("div"), { id: "palette-list", className: "palette-list" });
  const given = { role: "combobox", "aria-label": "Search", "aria-expanded": "true", "aria-controls": "palette-list" };
  for (const [name, value] of Object.entries({ ...given, "aria-autocomplete": "list" })) input.setAttribute(name, value);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  dialog.append(input, list);
  document.body.append(dialog);
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, DELAY_MS);
  });
  input.addEventListener("keydown", move);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

async function ask() {
  const text = input.value;
  asked = text;
  let html = "";
  try {
    const answer = await fetch(`${opener.href}?q=${encodeURIComponent(text)}`, { headers: { "X-Palette": "1" } });
    if (!answer.ok) throw new Error(answer.status);
    html = await answer.text();
  } catch {
    html = '<p class="muted palette-none">The console does not answer. Try again.</p>';
  }
  // An answer to what was typed before says nothing any more.
  if (asked !== text) return;
  list.innerHTML = html;
  choose(0);
}

const options = () => [...list.querySelectorAll("[role=option]")];

function choose(place) {
  const all = options();
  const chosen = all[(place + all.length) % all.length];
  for (const each of all) each.setAttribute("aria-selected", String(each === chosen));
  if (!chosen) input.removeAttribute("aria-activedescendant");
  else {
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  }
}

function move(event) {
  const place = options().findIndex((each) => each.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(place + 1);
  else if (event.key === "ArrowUp") choose(place - 1);
  else if (event.key === "Enter" && asked === input.value) options()[place]?.click();
  else return;
  event.preventDefault();
}

export function openPalette() {
  if (!opener) return false;
  if (!dialog) build();
  if (!dialog.open) dialog.showModal();
  input.select();
  ask();
  return true;
}

opener?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openPalette();
});
