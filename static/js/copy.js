// Copy buttons: <button data-copy="#id"> copies that element's text, <button data-copy-text="…"> the text itself.
const SAYS_COPIED_MS = 1600;

export { copy as copyNow };

async function copy(button) {
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
  const text = source ? (source.value ?? source.textContent).trim() : button.dataset.copyText;
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    say(button, "Copied");
  } catch {
    // No clipboard outside secure contexts: select it, so that the person can copy by key.
    if (source) getSelection().selectAllChildren(source);
    say(button, "Press Ctrl+C");
  }
}

function say(button, words) {
  const label = button.querySelector("[data-copy-label]") ?? button;
  label.dataset.before ??= label.textContent;
  label.textContent = words;
  button.dataset.copied = "";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = label.dataset.before;
    delete button.dataset.copied;
  }, SAYS_COPIED_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-text]");
  if (button) copy(button);
});
