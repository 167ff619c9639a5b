// Gives every password field a real button that shows what is typed. The button's words come from a template of the page.
(function () {
  "use strict";

  function dress(field) {
    const part = document.querySelector("template[data-part=reveal-button]");
    if (!part || field.dataset.revealReady !== undefined || field.dataset.noReveal !== undefined) return;
    field.dataset.revealReady = "";
    const frame = document.createElement("div");
    frame.className = "field-with-reveal";
    const hadFocus = document.activeElement === field;
    field.before(frame);
    frame.append(field, part.content.cloneNode(true));
    if (hadFocus) field.focus();
  }

  function dressAll() {
    for (const field of document.querySelectorAll("input[type=password]")) dress(field);
  }

  function hideAll() {
    for (const button of document.querySelectorAll("[data-reveal-toggle][aria-pressed=true]")) flip(button);
  }

  function flip(button) {
    const field = button.parentElement.querySelector("input");
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    field.type = shown ? "text" : "password";
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-reveal-toggle]");
    if (button) flip(button);
  });
  // A password that is readable when the form goes out may be kept by the browser as ordinary text.
  document.addEventListener("submit", hideAll, true);
  document.addEventListener("htmx:afterSettle", dressAll);
  dressAll();
})();
