// data-copy="id": copies the text of that element. Says so on the button and to screen readers; keeps no copy itself.
(function () {
  "use strict";

  function say(text) {
    const live = document.querySelector("[data-live]");
    if (live) live.textContent = text;
  }

  function selectText(source) {
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    const label = button.querySelector("[data-copy-label]") || button;
    const before = button.dataset.before || label.textContent;
    button.dataset.before = before;
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      label.textContent = button.dataset.copied;
      say(button.dataset.copied);
      setTimeout(() => (label.textContent = before), 2000);
    } catch {
      selectText(source); // plain http or a refusal: the text is ready for Ctrl+C
      say(button.dataset.copyFailed);
      label.textContent = before;
      button.title = button.dataset.copyFailed;
    }
  });
})();
