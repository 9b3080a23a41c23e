// Opens a page of the console in a dialog: <a data-dialog href="…">. What stands in the page's [data-dialog-content] is
// shown, and so is the answer to its form. Without this script, or where an answer has no such part, the page itself opens.
import { copyNow } from "./copy.js";

let dialog = null;
let isChanged = false;

function made() {
  if (dialog) return dialog;
  dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "dialog-heading");
  dialog.addEventListener("click", onClick);
  dialog.addEventListener("submit", onSubmit);
  // What was done in it changes the page below.
  dialog.addEventListener("close", () => isChanged && location.reload());
  document.body.append(dialog);
  return dialog;
}

async function show(url, options) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, ...options });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = page.querySelector("[data-dialog-content]");
  if (!content) {
    location.assign(options ? location.href : response.url);
    return;
  }
  const heading = document.createElement("h2");
  heading.id = "dialog-heading";
  heading.append(...page.querySelector("h1").childNodes);
  made().replaceChildren(heading, content);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(":is(input, select, textarea):not([type=hidden]), a, button")?.focus();
  if (content.dataset.copyNow) await copyNow(content.querySelector(`[data-copy="${content.dataset.copyNow}"]`));
}

function onClick(event) {
  if (event.target.closest("[data-dialog-close]") || event.target === dialog) {
    event.preventDefault();
    dialog.close();
  }
}

function onSubmit(event) {
  event.preventDefault();
  isChanged = true;
  const form = event.target;
  const button = event.submitter;
  if (button) button.disabled = true;
  show(form.action, { method: "POST", body: new FormData(form) }).catch(() => form.submit());
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  isChanged = false;
  show(link.href).catch(() => location.assign(link.href));
});
