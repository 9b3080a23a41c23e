// The Links page: ticks all links of the page, or none when all are ticked.
document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-tick-all]");
  if (all) {
    const boxes = [...document.querySelectorAll(`input[type="checkbox"][name="${all.dataset.tickAll}"]`)];
    const ticks = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = ticks;
  }
});
