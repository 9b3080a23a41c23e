// The controls of a session's agent: sent without leaving the page, followed until their end, and a prompt's draft kept.

const FOLLOW_MS = 400;
// The bridge may say what the agent does a moment after its messages have shown it.
const AGAIN_MS = 1500;

/** What was typed and not yet taken by the agent, by the controls' address. */
export class Draft {
  #key;
  #storage;
  #text = "";

  constructor(url, storage) {
    this.#key = `draft:${url}`;
    this.#storage = storage;
    try {
      this.#text = storage.getItem(this.#key) ?? "";
    } catch {
      // Forbidden: the text is kept for as long as the page is.
    }
  }

  get text() {
    return this.#text;
  }

  set text(text) {
    this.#text = text;
    try {
      if (text) this.#storage.setItem(this.#key, text);
      else this.#storage.removeItem(this.#key);
    } catch {
      // Full or forbidden.
    }
  }
}

export class Controls {
  #root;
  #url;
  #draft;
  #sent = "";
  #timer = null;

  constructor(root, storage) {
    this.#url = root.dataset.url;
    this.#draft = new Draft(this.#url, storage);
    this.#take(root);
  }

  /** Show the server's answer; what is typed and where the cursor is stay. */
  async refresh(options = {}) {
    clearTimeout(this.#timer);
    let answer;
    try {
      answer = await fetch(this.#url, { credentials: "same-origin", ...options });
    } catch {
      this.#say("Not sent: the console cannot be reached.");
      return;
    }
    const html = await answer.text();
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-steer]");
    if (fresh === null) {
      if (options.method === "POST") this.#say(answer.status === 429 ? "Too many at once: wait a minute." : "Not sent.");
      return;
    }
    const before = this.#root.querySelector("[data-draft]");
    const isTyping = document.activeElement !== null && document.activeElement === before;
    const place = isTyping ? [before.selectionStart, before.selectionEnd] : null;
    this.#root.replaceWith(fresh);
    this.#take(fresh);
    const text = fresh.querySelector("[data-draft]");
    if (place && text) {
      text.focus({ preventScroll: true });
      text.setSelectionRange(...place);
    }
  }

  #take(root) {
    this.#root = root;
    const newest = root.querySelector('[data-op="prompt"]');
    // Taken by the agent: now, and not before, the draft is done with, unless more was typed since.
    if (this.#sent && newest?.dataset.state === "done") {
      if (this.#draft.text === this.#sent) this.#draft.text = "";
      this.#sent = "";
    }
    const text = root.querySelector("[data-draft]");
    if (text) {
      text.value = this.#draft.text;
      text.addEventListener("input", () => (this.#draft.text = text.value));
      text.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) text.form.requestSubmit();
      });
    }
    for (const form of root.querySelectorAll("form")) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#submit(form, event.submitter ?? form.querySelector("button"));
      });
    }
    if (root.querySelector("[data-under-way]")) this.#timer = setTimeout(() => this.refresh(), FOLLOW_MS);
  }

  #submit(form, button) {
    const body = new FormData(form);
    body.set(button.name, button.value);
    body.set("fragment", "1");
    if (button.value === "prompt") this.#sent = body.get("text");
    button.disabled = true;
    return this.refresh({ method: "POST", body: new URLSearchParams(body) }).finally(() => (button.disabled = false));
  }

  #say(words) {
    const line = document.createElement("p");
    line.className = "callout bad";
    line.setAttribute("role", "alert");
    line.textContent = words;
    this.#root.querySelector(".steer-head")?.after(line);
  }
}

if (typeof document !== "undefined") {
  const root = document.querySelector("[data-steer]");
  if (root) {
    const controls = new Controls(root, localStorage);
    const [bar, asks] = ["[data-bar]", "[data-asks]"].map((name) => document.querySelector(name));
    // The session's state and what it waits for follow its agent; what may be done follows them.
    const seen = () => `${bar.querySelector("[data-state]")?.dataset.state} ${asks.childElementCount}`;
    let before = seen();
    const observer = new MutationObserver(() => {
      if (seen() === before) return;
      before = seen();
      controls.refresh();
      setTimeout(() => controls.refresh(), AGAIN_MS);
    });
    for (const place of [bar, asks]) observer.observe(place, { attributes: true, childList: true, subtree: true });
    document.addEventListener("visibilitychange", () => document.hidden || controls.refresh());
    if (root.hidden) setTimeout(() => controls.refresh(), AGAIN_MS);
  }
}
