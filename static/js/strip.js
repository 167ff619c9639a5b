// data-strip: a list that lies in one line on a telephone begins at its first entry; this brings the current one into sight.
// The line is moved at once and without motion, and nothing else of the page moves with it.
(function () {
  "use strict";
  const strips = document.querySelectorAll("[data-strip]");
  if (!strips.length) return;

  function show() {
    for (const strip of strips) {
      const current = strip.querySelector("[aria-current]");
      if (!current || strip.scrollWidth <= strip.clientWidth) continue;
      const [place, frame] = [current.getBoundingClientRect(), strip.getBoundingClientRect()];
      strip.scrollLeft += place.left + place.width / 2 - frame.left - frame.width / 2;
    }
  }

  window.matchMedia("(max-width: 899.98px)").addEventListener("change", show);
  show();
})();
