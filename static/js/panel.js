// The panel on the right. htmx puts a fragment into it (hx-target="#panel"); this opens, holds and gives back the focus.
// Hooks: data-panel, data-panel-shade, data-panel-title, data-panel-close, data-panel-behind (made inert while it is open),
// data-panel-changed (in the panel: what the page shows is old now), data-panel-reload (in the page: load it anew then).
(function () {
  "use strict";
  const panel = document.querySelector("[data-panel]");
  const shade = document.querySelector("[data-panel-shade]");
  if (!panel) return;
  let opener = null;
  let behind = null; // address of the page under the panel

  const isOpen = () => panel.querySelector("[data-panel-title]") !== null;
  const title = () => panel.querySelector("[data-panel-title]");

  function setBehindInert(inert) {
    for (const part of document.querySelectorAll("[data-panel-behind]")) part.inert = inert;
  }

  function isDirty() {
    if (panel.querySelector("[data-secret]")) return true;
    return Array.from(panel.querySelectorAll("input, textarea")).some(function (field) {
      return field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
    });
  }

  function open() {
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-modal", "true");
    panel.setAttribute("aria-labelledby", title().id);
    if (shade.hidden) panel.classList.add("panel--opening");
    shade.hidden = false;
    setBehindInert(true);
    const first = panel.querySelector("[data-form-errors]") || panel.querySelector("[autofocus]") || title();
    first.focus();
  }

  function close() {
    if (!isOpen()) return;
    const target = behind || panel.querySelector("[data-panel-close]").href;
    const isOld = panel.querySelector("[data-panel-changed]") && document.querySelector("[data-panel-reload]");
    panel.replaceChildren();
    if (isOld) return location.assign(target);
    for (const name of ["role", "aria-modal", "aria-labelledby"]) panel.removeAttribute(name);
    panel.classList.remove("panel--opening");
    shade.hidden = true;
    setBehindInert(false);
    if (location.href !== target) history.pushState({ htmx: true }, "", target);
    if (opener && opener.isConnected) opener.focus();
    else document.querySelector("main").focus();
    opener = behind = null;
    document.dispatchEvent(new CustomEvent("panel:closed"));
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.target !== panel || isOpen()) return;
    opener = event.detail.elt;
    behind = location.href;
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target === panel && isOpen()) open();
  });
  document.addEventListener("click", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("[data-panel-close]") && panel.contains(event.target)) {
      event.preventDefault();
      close();
    } else if (event.target === shade && !isDirty()) {
      close();
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && isOpen() && !event.defaultPrevented) {
      event.preventDefault();
      close();
      return;
    }
    if (event.key !== "Tab" || !isOpen()) return;
    const stops = Array.from(
      panel.querySelectorAll("a[href], button:not([disabled]), input:not([disabled]):not([type=hidden]), select, textarea, summary"),
    ).filter((stop) => stop.offsetParent !== null);
    if (!stops.length) return;
    const first = stops[0];
    const last = stops[stops.length - 1];
    const outside = !panel.contains(document.activeElement) || document.activeElement === title();
    if (event.shiftKey && (document.activeElement === first || outside)) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && (document.activeElement === last || !panel.contains(document.activeElement))) {
      event.preventDefault();
      first.focus();
    }
  });
  if (isOpen()) open();
})();
