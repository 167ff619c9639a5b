// A form that is on its way is not sent twice: its buttons are busy until an answer comes. data-submit-many lets it be.
// A disabled-with-reason command (data-off) does nothing; Esc hides its reason.
(function () {
  "use strict";

  function setBusy(form, busy) {
    form.toggleAttribute("data-sending", busy);
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      if (busy) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.dataset.submitMany !== undefined || form.method !== "post") return;
    if (form.hasAttribute("data-sending")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    setBusy(form, true);
  }, true);
  document.addEventListener("htmx:afterRequest", function (event) {
    const form = event.detail.elt.closest && event.detail.elt.closest("form");
    if (form) setBusy(form, false);
  });
  window.addEventListener("pageshow", function () {
    for (const form of document.querySelectorAll("form[data-sending]")) setBusy(form, false);
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-off]")) event.preventDefault();
  });
  document.addEventListener("keydown", function (event) {
    const reason = event.key === "Escape" && event.target.closest && event.target.closest(".command-reason");
    if (!reason || reason.classList.contains("command-reason--quiet")) return;
    event.preventDefault();
    reason.classList.add("command-reason--quiet");
  });
  document.addEventListener("focusout", function (event) {
    const reason = event.target.closest && event.target.closest(".command-reason");
    if (reason) reason.classList.remove("command-reason--quiet");
  });
})();
