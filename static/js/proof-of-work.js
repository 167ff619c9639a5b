// data-proof="challenge" on a hidden field, data-worker="URL" of proof-worker.js: the browser does the work that the
// server asks for, and the answer becomes the field's value. A form that is sent before waits; data-proof-wait says so.
// Where the work cannot be done, data-proof-failed (a way to the picture) is shown instead.
(function () {
  "use strict";
  const SENT_FROM = new WeakMap();

  function show(form, name, visible) {
    for (const place of form.querySelectorAll(`[data-proof-${name}]`)) place.hidden = !visible;
  }

  function fail(field) {
    field.dataset.proofState = "failed";
    show(field.form, "wait", false);
    show(field.form, "failed", true);
  }

  function finish(field, solution) {
    const challenge = JSON.parse(field.dataset.proof);
    field.value = btoa(JSON.stringify({ challenge, solution }));
    field.dataset.proofState = "done";
    show(field.form, "wait", false);
    if (SENT_FROM.has(field.form)) field.form.requestSubmit(SENT_FROM.get(field.form) || undefined);
  }

  function begin(field) {
    try {
      const worker = new Worker(field.dataset.worker);
      worker.addEventListener("message", function (event) {
        if (event.data) finish(field, event.data);
        else fail(field);
        worker.terminate();
      });
      worker.addEventListener("error", () => fail(field));
      worker.postMessage(JSON.parse(field.dataset.proof).parameters);
    } catch {
      fail(field);
    }
  }

  document.addEventListener("submit", function (event) {
    const field = event.target.querySelector("[data-proof]");
    if (!field || field.value || field.dataset.proofState === "failed") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    SENT_FROM.set(event.target, event.submitter);
    show(event.target, "wait", true);
  }, true);

  for (const field of document.querySelectorAll("[data-proof]")) begin(field);
})();
