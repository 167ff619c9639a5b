// Menus made of <details>: one open at a time, Esc and a click elsewhere close, arrows move.
(function () {
  "use strict";
  const openMenus = () => document.querySelectorAll("[data-menu][open]");

  document.addEventListener("click", function (event) {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("focusin", function (event) {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", function (event) {
    const menu = event.target.closest && event.target.closest("[data-menu][open]");
    if (!menu) return;
    if (event.key === "Escape") {
      event.preventDefault(); // a panel around it stays open
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = Array.from(menu.querySelectorAll("summary, a, button"));
    event.preventDefault();
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
  });
})();
