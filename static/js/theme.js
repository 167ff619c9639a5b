// Runs in the head, before anything is drawn: remembered theme, navigation width and row height, so that nothing jumps.
(function () {
  "use strict";
  const root = document.documentElement;
  const KEYS = { theme: "portal-theme", nav: "portal-nav", density: "portal-density" };

  function recall(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is switched off: the page works with its defaults
    }
  }

  function remember(key, value) {
    try {
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch {
      // the choice then lasts for this page
    }
  }

  function setTheme(choice) {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  }

  function markChoice() {
    const chosen = root.dataset.theme || "system";
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    }
    for (const button of document.querySelectorAll("[data-density-toggle]")) {
      button.setAttribute("aria-pressed", String(root.dataset.density === "compact"));
    }
  }

  root.classList.add("has-script");
  setTheme(recall(KEYS.theme));
  if (recall(KEYS.nav) === "narrow") root.dataset.nav = "narrow";
  if (recall(KEYS.density) === "compact") root.dataset.density = "compact";

  document.addEventListener("DOMContentLoaded", markChoice);
  document.addEventListener("click", function (event) {
    const theme = event.target.closest("[data-theme-choice]");
    if (theme) {
      setTheme(theme.dataset.themeChoice);
      remember(KEYS.theme, root.dataset.theme || "");
      markChoice();
      return;
    }
    const density = event.target.closest("[data-density-toggle]");
    if (!density) return;
    const compact = root.dataset.density !== "compact";
    if (compact) root.dataset.density = "compact";
    else delete root.dataset.density;
    density.setAttribute("aria-pressed", String(compact));
    remember(KEYS.density, compact ? "compact" : "");
  });
})();
