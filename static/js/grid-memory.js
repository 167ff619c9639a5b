// Ticks that stay while one turns pages, sorts and searches. data-grid-store="key" on the grid: ids alone are kept, in this
// tab alone; data-grid-most="number": how many at most; data-grid-form: the form that takes them along;
// data-grid-forget, or data-grid-forget="key" on any page: pressing it, or being there, forgets them.
(function () {
  "use strict";

  function recall(key) {
    try {
      return new Set(JSON.parse(sessionStorage.getItem(key) || "[]"));
    } catch {
      return new Set(); // storage is switched off or was changed by hand: ticks then last for the page
    }
  }

  function remember(key, ids) {
    try {
      if (ids.size) sessionStorage.setItem(key, JSON.stringify([...ids]));
      else sessionStorage.removeItem(key);
    } catch {
      // ticks then last for the page
    }
  }

  const boxes = (grid) => Array.from(grid.querySelectorAll("[data-grid-tick]"));

  function tellElsewhere(grid, ids) {
    const here = new Set(boxes(grid).map((box) => box.value));
    grid.dataset.elsewhere = String([...ids].filter((id) => !here.has(id)).length);
  }

  function restore(grid) {
    const key = grid.dataset.gridStore;
    if (!key || !grid.querySelector("[data-grid-tick]")) return;
    const ids = recall(key);
    for (const box of boxes(grid)) box.checked = ids.has(box.value);
    tellElsewhere(grid, ids);
  }

  document.addEventListener("grid:ticked", function (event) {
    const grid = event.target;
    const key = grid.dataset.gridStore;
    if (!key) return;
    const ids = recall(key);
    const most = Number(grid.dataset.gridMost) || Infinity;
    for (const box of boxes(grid)) {
      if (!box.checked) ids.delete(box.value);
      else if (ids.has(box.value) || ids.size < most) ids.add(box.value);
      else box.checked = false;
    }
    remember(key, ids);
    tellElsewhere(grid, ids);
  });
  document.addEventListener("grid:cleared", function (event) {
    const grid = event.target;
    if (!grid.dataset.gridStore) return;
    remember(grid.dataset.gridStore, new Set());
    grid.dataset.elsewhere = "0";
  });
  document.addEventListener("click", function (event) {
    const link = event.target.closest && event.target.closest("a[data-grid-forget]");
    const grid = link && link.closest("[data-grid-store]");
    if (grid) remember(grid.dataset.gridStore, new Set());
  });
  document.addEventListener("submit", function (event) {
    const form = event.target;
    const grid = form.matches("[data-grid-form]") && form.closest("[data-grid-store]");
    if (!grid || !grid.querySelector("[data-grid-tick]")) return;
    let field = form.querySelector("input[name=users]");
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "users";
      form.append(field);
    }
    field.value = [...recall(grid.dataset.gridStore)].join(",");
  });

  function restoreAll() {
    for (const grid of document.querySelectorAll("[data-grid-store]")) restore(grid);
    for (const done of document.querySelectorAll("[data-grid-forget]:not(a)")) remember(done.dataset.gridForget, new Set());
  }

  document.addEventListener("htmx:afterSettle", restoreAll);
  window.addEventListener("pageshow", restoreAll);
  restoreAll();
})();
