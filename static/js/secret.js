// A secret on the page: dots until Show, and nothing left when the page is left (also not in the back-forward cache).
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-secret-toggle]");
    if (!button) return;
    const secret = button.closest("[data-secret]");
    const masked = secret.classList.toggle("secret--masked");
    button.setAttribute("aria-pressed", String(!masked));
    button.textContent = masked ? button.dataset.show : button.dataset.hide;
  });

  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-secret-all]")) return;
    for (const button of document.querySelectorAll(".secret--masked [data-secret-toggle]")) button.click();
  });

  function empty(secret) {
    for (const value of secret.querySelectorAll("[data-secret-value], [data-secret-part]")) value.replaceChildren();
    for (const control of secret.querySelectorAll("button")) control.remove();
    for (const note of secret.querySelectorAll("[data-secret-gone]")) note.hidden = false;
    secret.classList.remove("secret--masked");
  }

  // The page that answered a POST forgets that it did: "back" and "reload" then ask for it anew and send nothing twice.
  if (document.querySelector("[data-secret]")) history.replaceState(history.state, "", location.href);

  window.addEventListener("pagehide", function () {
    for (const secret of document.querySelectorAll("[data-secret]")) empty(secret);
    for (const field of document.querySelectorAll("input[type=password], [data-reveal-ready]")) field.value = "";
  });
})();
