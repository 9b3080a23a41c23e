// The colour switch. The choice is a cookie, which the server reads to mark <html>, so that no page flashes.
const root = document.documentElement;
const buttons = document.querySelectorAll("[data-theme-choice]");

function mark(theme) {
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

function choose(theme) {
  const age = theme ? 365 * 24 * 3600 : 0;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `opencode_theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  mark(theme);
}

for (const button of buttons) {
  button.addEventListener("click", () => choose(button.dataset.themeChoice));
}
mark(root.dataset.theme ?? "");
