// Tells screen readers how long work gets on, without a word at every poll. data-announce="sentence" with
// data-announce-step="percent": said when another tenth is through. data-print: a button that prints the page.
(function () {
  "use strict";
  let said = null;

  function tell() {
    const place = document.querySelector("[data-announce]");
    const live = document.querySelector("[data-live]");
    if (!place || !live) return;
    const tenth = Math.floor(Number(place.dataset.announceStep) / 10);
    if (said !== null && tenth !== said) live.textContent = place.dataset.announce;
    said = tenth;
  }

  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });
  tell();
})();
