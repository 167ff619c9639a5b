// data-shortcut="/": that key focuses the field, unless something is being typed.
(function () {
  "use strict";

  const isTyping = (element) => element.closest && element.closest("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    const field = Array.from(document.querySelectorAll("[data-shortcut]")).find((one) => one.dataset.shortcut === event.key);
    if (!field || field.closest("[inert]")) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
})();
