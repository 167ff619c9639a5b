// data-countdown="seconds left when the page was made", data-ended: the word for afterwards. Words by the page's language.
(function () {
  "use strict";
  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const began = performance.now();
  let timer = null;

  function words(seconds) {
    const [unit, size] = UNITS.find(([, length]) => seconds >= length) || UNITS[3];
    return new Intl.RelativeTimeFormat(document.documentElement.lang || "en").format((unit === "day" ? Math.round : Math.floor)(seconds / size), unit);
  }

  function tick() {
    let soonest = Infinity;
    for (const place of document.querySelectorAll("[data-countdown]")) {
      place.dataset.since ||= String(performance.now() < began + 2000 ? 0 : performance.now());
      const left = Number(place.dataset.countdown) - (performance.now() - Number(place.dataset.since)) / 1000;
      const text = left > 0 ? words(left) : place.dataset.ended;
      if (place.textContent !== text) place.textContent = text;
      if (left > 0) soonest = Math.min(soonest, left);
    }
    clearTimeout(timer);
    if (soonest < Infinity) timer = setTimeout(tick, soonest < 120 ? 1000 : 15000);
  }

  document.addEventListener("htmx:afterSettle", tick);
  tick();
})();
