// The outline of the turns on the page, and each turn's steps: the agent's messages between a request and its answer.

const TITLE_CHARACTERS = 90;

/** The turns of the transcript: each request of a person, with the agent's messages that follow it. */
export function turnsIn(root) {
  const turns = [];
  for (const article of root.querySelectorAll("[data-messages] > .turn")) {
    if (article.classList.contains("turn-user")) turns.push({ request: article, answers: [] });
    else turns.at(-1)?.answers.push(article);
  }
  return turns;
}

export function titleOf(article) {
  const text = article.querySelector(".part > .rich, .part > .plain")?.textContent.trim().replace(/\s+/g, " ") ?? "";
  return text.length > TITLE_CHARACTERS ? `${text.slice(0, TITLE_CHARACTERS - 1)}…` : text || "No text";
}

export function watchOutline(root, page) {
  const outline = page.querySelector("[data-outline]");
  if (!outline) return;
  const list = outline.querySelector("ol");
  const show = () => {
    const turns = turnsIn(root);
    const known = new Map([...list.children].map((item) => [item.firstElementChild.hash, item]));
    const items = turns.map(({ request }) => named(known.get(`#${request.id}`) ?? entryOf(request), titleOf(request)));
    if (items.some((item, place) => list.children[place] !== item) || items.length < list.children.length) list.replaceChildren(...items);
  };
  root.addEventListener("changed", show);
  outline.addEventListener("click", (event) => event.target.closest("a") && outline.matches(":popover-open") && outline.hidePopover());
  show();
}

function entryOf(request) {
  const link = Object.assign(document.createElement("a"), { href: `#${request.id}` });
  link.append(document.createElement("bdi"));
  const item = document.createElement("li");
  item.append(link);
  return item;
}

function named(item, title) {
  const words = item.querySelector("bdi");
  if (words.textContent !== title) words.textContent = title;
  return item;
}

/** Folds of steps: hidden until they are found, by the browser's search or by a link. */
export class Steps {
  #root;
  #button;
  #folded = new Set();
  #foldsAll = false;

  constructor(root, page) {
    this.#root = root;
    this.#button = page.querySelector("[data-fold-steps]");
    this.#button?.addEventListener("click", () => this.#foldAll(!this.#foldsAll));
    root.addEventListener("changed", () => this.#show());
    root.addEventListener("click", (event) => {
      const toggle = event.target.closest(".steps-toggle");
      if (toggle) this.#toggle(toggle.closest(".turn").id);
    });
    root.addEventListener("beforematch", (event) => this.#reveal(event.target));
    this.#show();
  }

  #foldAll(folds) {
    this.#foldsAll = folds;
    this.#folded = new Set(folds ? turnsIn(this.#root).map(({ request }) => request.id) : []);
    this.#show();
  }

  #toggle(id) {
    if (!this.#folded.delete(id)) this.#folded.add(id);
    this.#show();
  }

  #reveal(article) {
    const turn = turnsIn(this.#root).find(({ answers }) => answers.includes(article));
    if (turn && this.#folded.delete(turn.request.id)) this.#show();
  }

  #show() {
    this.#button?.setAttribute("aria-pressed", String(this.#foldsAll));
    for (const { request, answers } of turnsIn(this.#root)) {
      const steps = answers.slice(0, -1);
      const isFolded = this.#folded.has(request.id);
      for (const step of steps) setHidden(step, isFolded);
      if (answers.length) setHidden(answers.at(-1), false);
      showToggle(request, steps, isFolded);
    }
  }
}

function setHidden(article, isHidden) {
  if (isHidden) article.setAttribute("hidden", "until-found");
  else article.removeAttribute("hidden");
}

function showToggle(request, steps, isFolded) {
  let toggle = request.querySelector(":scope > .steps-toggle");
  if (!steps.length) return void toggle?.remove();
  if (!toggle) {
    toggle = Object.assign(document.createElement("button"), { className: "steps-toggle", type: "button" });
    request.append(toggle);
  }
  const words = stepWords(steps.length, count(steps, ".tool-failed"));
  if (toggle.textContent !== words) toggle.textContent = words;
  toggle.setAttribute("aria-expanded", String(!isFolded));
  return undefined;
}

export function stepWords(steps, failed) {
  return `${steps} ${steps === 1 ? "step" : "steps"}${failed ? `, ${failed} failed` : ""}`;
}

function count(articles, selector) {
  return articles.reduce((sum, article) => sum + article.querySelectorAll(selector).length, 0);
}
