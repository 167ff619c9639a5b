// Ticking rows. data-grid around all; data-grid-all: the head's box; data-grid-row: a row with its box data-grid-tick;
// data-grid-bar: the bar for ticked rows (data-count); data-grid-commands: the bar it replaces; data-grid-count, data-grid-clear;
// data-grid-everyone: shown while the whole page is ticked; data-elsewhere: how many are ticked on other pages (grid-memory.js).
(function () {
  "use strict";

  const boxes = (grid) => Array.from(grid.querySelectorAll("[data-grid-tick]")).filter((box) => !box.disabled);
  const gridOf = (element) => element.closest && element.closest("[data-grid]");
  let anchor = null; // where a range with Shift begins

  function show(grid) {
    const all = boxes(grid);
    if (!all.length && !grid.querySelector("[data-grid-all]")) return; // everyone is selected, as the server drew it
    const ticked = all.filter((box) => box.checked).length;
    const total = ticked + Number(grid.dataset.elsewhere || 0);
    for (const box of all) {
      box.closest("[data-grid-row]").classList.toggle("grid__row--selected", box.checked);
    }
    const head = grid.querySelector("[data-grid-all]");
    if (head) {
      head.checked = ticked > 0 && ticked === all.length;
      head.indeterminate = ticked > 0 && ticked < all.length;
    }
    for (const bar of grid.querySelectorAll("[data-grid-bar]")) bar.dataset.count = String(total);
    for (const bar of grid.querySelectorAll("[data-grid-commands]")) bar.classList.toggle("cmdbar--covered", total > 0);
    for (const note of grid.querySelectorAll("[data-grid-everyone]")) note.toggleAttribute("data-on", ticked > 0 && ticked === all.length);
    tell(grid, total);
    grid.dispatchEvent(new CustomEvent("grid:selection", { bubbles: true, detail: { count: total } }));
  }

  function tell(grid, total) {
    const count = grid.querySelector("[data-grid-count]");
    if (!count) return;
    const number = total.toLocaleString(document.documentElement.lang || "en");
    const text = total === 0 ? "" : (total === 1 ? count.dataset.one : count.dataset.many).replace("{n}", number);
    if (count.textContent !== text) count.textContent = text;
  }

  function keep(grid) {
    grid.dispatchEvent(new CustomEvent("grid:ticked", { bubbles: true }));
    show(grid);
  }

  function tickAll(grid, ticked) {
    for (const box of boxes(grid)) box.checked = ticked;
    keep(grid);
  }

  function tickRange(grid, from, to) {
    const all = boxes(grid);
    const [low, high] = [all.indexOf(from), all.indexOf(to)].sort((one, other) => one - other);
    if (low < 0) return;
    for (const box of all.slice(low, high + 1)) box.checked = true;
  }

  document.addEventListener("change", function (event) {
    const grid = gridOf(event.target);
    if (!grid) return;
    if (event.target.matches("[data-grid-all]")) tickAll(grid, event.target.checked);
    else if (event.target.matches("[data-grid-tick]")) keep(grid);
  });
  document.addEventListener("click", function (event) {
    const grid = gridOf(event.target);
    if (!grid) return;
    if (event.target.closest("[data-grid-clear]")) {
      grid.dispatchEvent(new CustomEvent("grid:cleared", { bubbles: true }));
      tickAll(grid, false);
      const first = grid.querySelector("[data-grid-all]");
      if (first) first.focus();
      return;
    }
    const box = event.target.closest("[data-grid-tick]");
    if (!box) return;
    if (event.shiftKey && anchor && anchor !== box && grid.contains(anchor)) {
      tickRange(grid, anchor, box);
      keep(grid);
    }
    anchor = box;
  });

  function move(grid, box, step, extend) {
    const all = boxes(grid);
    const next = all[all.indexOf(box) + step];
    if (!next) return;
    if (extend) {
      if (!anchor || !grid.contains(anchor)) anchor = box;
      tickRange(grid, anchor, next);
      keep(grid);
    } else {
      anchor = next;
    }
    next.focus();
  }

  document.addEventListener("keydown", function (event) {
    const grid = gridOf(event.target);
    const row = grid && event.target.closest("[data-grid-row]");
    if (!grid || (!row && !event.target.matches("[data-grid-all]"))) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") {
      event.preventDefault();
      tickAll(grid, true);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const box = row && row.querySelector("[data-grid-tick]");
    if (!step || event.target.matches("select, summary")) return;
    event.preventDefault();
    if (box) move(grid, box, step, event.shiftKey);
    else if (step === 1 && boxes(grid)[0]) boxes(grid)[0].focus();
  });

  function showAll() {
    for (const grid of document.querySelectorAll("[data-grid]")) show(grid);
  }

  document.addEventListener("htmx:afterSettle", showAll);
  window.addEventListener("pageshow", showAll); // the browser may put ticks back after "back"
  showAll();
})();
