// Copying from a session's page: code, output and changes, a message's text, the link to it. One set of buttons stands
// where the pointer or the focus is, so that a page of a thousand blocks has no thousand buttons.

const SAYS_COPIED_MS = 1600;

/** What a block holds: all of its lines that are on the page, those in folds too. */
export function textOfBlock(block) {
  const listings = block.matches(".listing") ? [block] : [...block.querySelectorAll(".listing")];
  return listings.map((listing) => listing.textContent.replace(/\n$/, "")).join("\n");
}

/** What was said in a message: its texts, without tools' inputs and outputs. */
export function textOfTurn(turn) {
  return [...turn.querySelectorAll(".part > .rich, .part > .plain")].map((part) => part.innerText.trim()).join("\n\n");
}

export function watchCopying(page) {
  const code = place("copy-spot", [["Copy", (spot) => textOfBlock(blockAt(spot.nextElementSibling))]]);
  const turn = place("copy-turn", [
    ["Copy", (spot) => textOfTurn(spot.closest(".turn"))],
    ["Copy link", (spot) => spot.closest(".turn").querySelector(".turn-link").href],
  ]);
  const show = ({ target }) => {
    if (code.contains(target) || turn.contains(target)) return;
    const listing = target.closest?.(".listing");
    const head = target.closest?.(".turn")?.querySelector(":scope > .turn-head");
    if (listing && listing.previousElementSibling !== code) listing.before(code);
    if (head && turn.parentElement !== head) head.append(turn);
  };
  page.addEventListener("pointerover", show);
  page.addEventListener("focusin", show);
}

/** A figure is copied whole: its first lines, those in its fold, its last. */
function blockAt(listing) {
  return listing.closest("figure") ?? listing;
}

function place(className, actions) {
  const spot = Object.assign(document.createElement("span"), { className });
  for (const [words, textOf] of actions) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: words });
    button.addEventListener("click", async () => {
      button.textContent = await copied(textOf(spot));
      setTimeout(() => (button.textContent = words), SAYS_COPIED_MS);
    });
    spot.append(button);
  }
  return spot;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    return "Not allowed";
  }
}
