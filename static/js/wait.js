// data-wait="seconds" on a form: what is marked data-wait-for appears when they are over; until then data-wait-text counts
// down in the words of data-wait-words ("… {n} …"). Without scripts all of it is there at once.
(function () {
  "use strict";
  for (const form of document.querySelectorAll("[data-wait]")) {
    const ends = performance.now() + Number(form.dataset.wait) * 1000;
    const text = form.querySelector("[data-wait-text]");
    const waiting = form.querySelector("[data-wait-for]");
    const afterwards = text.textContent;

    function tick() {
      const left = Math.ceil((ends - performance.now()) / 1000);
      waiting.hidden = left > 0;
      text.textContent = left > 0 ? form.dataset.waitWords.replace("{n}", left) : afterwards;
      if (left > 0) setTimeout(tick, 250);
    }

    tick();
  }
})();
