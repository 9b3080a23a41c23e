// The head of a session's page: its title, what is known of it now, the models that answered, what its agent does.
import { refreshStates } from "./session-state.js";
import { refresh } from "./time.js";

export class Header {
  #page;
  #title;
  #models;
  #pageTitleRest;
  #head = 0;

  constructor(page) {
    this.#page = page;
    this.#title = page.querySelector("[data-title]");
    this.#models = page.querySelector("[data-models]");
    this.#pageTitleRest = page.title.slice(this.#title.textContent.length);
  }

  /** `answer` is the fragments' answer; one that was asked earlier than another changes nothing. */
  update({ head, header }, models) {
    for (const model of models) this.#addModel(model);
    if (head < this.#head) return;
    this.#head = head;
    if (this.#title.textContent !== header.title) {
      this.#title.textContent = this.#title.title = header.title;
      document.title = header.title + this.#pageTitleRest;
    }
    const fresh = document.createElement("template");
    fresh.innerHTML = header.html;
    for (const region of fresh.content.querySelectorAll("[data-region]")) this.#fill(region);
  }

  /** A region in which the focus is keeps it: its links are the same ones, in the same order. */
  #fill(fresh) {
    const region = this.#page.querySelector(`[data-region="${fresh.dataset.region}"]`);
    const focused = [...region.querySelectorAll("a")].indexOf(document.activeElement);
    region.replaceChildren(...fresh.childNodes);
    if (focused >= 0) region.querySelectorAll("a")[focused]?.focus({ preventScroll: true });
    refresh(region);
    refreshStates(region);
  }

  #addModel(label) {
    if ([...this.#models.children].some((badge) => badge.dataset.modelName === label)) return;
    const badge = document.createElement("span");
    badge.className = "badge";
    badge.dataset.modelName = label;
    badge.append(Object.assign(document.createElement("bdi"), { textContent: label }));
    this.#models.append(badge);
  }
}
