// The left navigation: narrow or wide beside the page, a drawer under 900 px. Without scripts its button is a link to it.
(function () {
  "use strict";
  const root = document.documentElement;
  const small = window.matchMedia("(max-width: 899.98px)");
  const toggle = document.querySelector("[data-nav-toggle]");
  const nav = document.querySelector("[data-nav]");
  if (!toggle || !nav) return;

  function tell() {
    const open = small.matches ? root.dataset.drawer === "open" : root.dataset.nav !== "narrow";
    toggle.setAttribute("aria-expanded", String(open));
  }

  function setNarrow(narrow) {
    if (narrow) root.dataset.nav = "narrow";
    else delete root.dataset.nav;
    try {
      if (narrow) localStorage.setItem("portal-nav", "narrow");
      else localStorage.removeItem("portal-nav");
    } catch {
      // storage is switched off: the width lasts for this page
    }
    tell();
  }

  function openDrawer() {
    root.dataset.drawer = "open";
    tell();
    nav.querySelector("[data-nav-close]").focus();
  }

  function closeDrawer() {
    if (root.dataset.drawer !== "open") return;
    delete root.dataset.drawer;
    tell();
    toggle.focus();
  }

  toggle.addEventListener("click", function (event) {
    event.preventDefault();
    if (!small.matches) setNarrow(root.dataset.nav !== "narrow");
    else if (root.dataset.drawer === "open") closeDrawer();
    else openDrawer();
  });
  toggle.addEventListener("keydown", function (event) {
    if (event.key !== " ") return; // it is a link that says it is a button
    event.preventDefault();
    toggle.click();
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-nav-close]")) {
      event.preventDefault();
      closeDrawer();
    } else if (!small.matches && root.dataset.nav === "narrow" && event.target.closest(".sidenav__heading")) {
      event.preventDefault(); // a heading has no list to show while it is narrow
      setNarrow(false);
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") closeDrawer();
  });
  nav.addEventListener("keydown", function (event) {
    if (event.key !== "Tab" || root.dataset.drawer !== "open") return;
    const stops = Array.from(nav.querySelectorAll("a, summary")).filter((stop) => stop.offsetParent !== null);
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  });
  small.addEventListener("change", tell);
  tell();
})();
