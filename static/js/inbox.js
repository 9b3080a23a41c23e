// The inbox keeps itself up to date and is worked through by keyboard; without this script it is a page of forms.
import { refresh as refreshTimes } from "./time.js";

const REFRESH_MS = 4_000;
const FOLLOW_MS = 400;

/** What a key does in an ask that has the focus, as the element to act on and the act; null for other keys. */
export function actOf(key, ask, asks) {
  const place = asks.indexOf(ask);
  const find = (selector) => ask?.querySelector(selector) ?? null;
  switch (key) {
    case "j":
      return [asks[place + 1] ?? null, "focus"];
    case "k":
      return [asks[Math.max(place - 1, 0)] ?? null, "focus"];
    case "a":
      return [find('button[value="allow"]'), "click"];
    case "r":
      return [find('input[name="words"]') ?? find('button[value="dismiss"]'), "focus"];
    case "o":
      return [find("[data-open]"), "click"];
    default:
      return /^[1-9]$/.test(key) ? [ask?.querySelectorAll(".choice input")[key - 1] ?? null, "click"] : null;
  }
}

/** Whether somebody is in the middle of an answer, which a refresh would take away. */
export const isEdited = (root) =>
  [...root.querySelectorAll("[data-decision] input")].some((input) =>
    input.type === "radio" || input.type === "checkbox" ? input.checked : input.type !== "hidden" && input.value !== "",
  );

class Inbox {
  #root;
  #timer = null;

  constructor(root) {
    this.#root = root;
    root.addEventListener("submit", (event) => this.#decide(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => document.hidden || this.#refresh());
    this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    const isUnderWay = this.#root.querySelector("[data-under-way]") !== null;
    this.#timer = setTimeout(() => this.#refresh(), isUnderWay ? FOLLOW_MS : REFRESH_MS);
  }

  async #refresh() {
    clearTimeout(this.#timer);
    if (!document.hidden && !isEdited(this.#root)) {
      try {
        const answer = await fetch(this.#root.dataset.url, { credentials: "same-origin" });
        if (answer.ok && !answer.redirected) this.#show(await answer.text());
      } catch {
        // The next try follows.
      }
    }
    this.#later();
  }

  #show(html) {
    // Typed while it was fetched.
    if (isEdited(this.#root)) return;
    const focused = document.activeElement?.closest("[data-ask]")?.id;
    this.#root.innerHTML = html;
    refreshTimes(this.#root);
    if (focused) (document.getElementById(focused) ?? this.#root.querySelector("[data-ask]"))?.focus({ preventScroll: true });
  }

  async #decide(event) {
    const form = event.target;
    if (!form.matches("[data-decision]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    body.set("op", event.submitter?.value ?? form.querySelector("button").value);
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const lists = page.querySelector("[data-inbox]");
      if (lists === null) throw new Error(String(answer.status));
      form.reset();
      this.#show(lists.innerHTML);
      this.#say(page.querySelector(".messages")?.textContent.trim() ?? "");
      this.#later();
    } catch {
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      this.#say("Not sent. Try again.");
    }
  }

  #say(words) {
    if (!words) return;
    const line = document.createElement("p");
    line.className = "callout bad";
    line.setAttribute("role", "alert");
    line.textContent = words;
    this.#root.prepend(line);
  }

  #key(event) {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isPlain || event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select")) return;
    const ask = event.target.closest("[data-ask]");
    // Letters act in an ask alone, so that they cannot surprise anybody elsewhere; going into the list is harmless.
    if (ask === null && !"jk".includes(event.key)) return;
    const act = actOf(event.key, ask, [...this.#root.querySelectorAll("[data-ask]")]);
    if (act === null || act[0] === null) return;
    event.preventDefault();
    act[0][act[1]]();
    act[0].scrollIntoView?.({ block: "nearest" });
  }
}

if (typeof document !== "undefined") {
  const root = document.querySelector("[data-inbox]");
  if (root) new Inbox(root);
}
