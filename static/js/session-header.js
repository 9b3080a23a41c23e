// The head of a session's page: its title, its facts, the models that answered.
import { refreshStates } from "./session-state.js";
import { refresh } from "./time.js";

export class Header {
  #title;
  #facts;
  #models;
  #pageTitleRest;
  #head = 0;

  constructor(page) {
    this.#title = page.querySelector("[data-title]");
    this.#facts = page.querySelector("[data-facts]");
    this.#models = page.querySelector("[data-models]");
    this.#pageTitleRest = page.title.slice(this.#title.textContent.length);
  }

  /** `answer` is the fragments' answer; one that was asked earlier than another changes nothing. */
  update({ head, header }, models) {
    for (const model of models) this.#addModel(model);
    if (head < this.#head) return;
    this.#head = head;
    if (this.#title.textContent !== header.title) {
      this.#title.textContent = header.title;
      document.title = header.title + this.#pageTitleRest;
    }
    this.#facts.innerHTML = header.html;
    refresh(this.#facts);
    refreshStates(this.#facts);
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
