// data-live-rules="URL" around a form's fields, data-live-field="name" of the new password, data-live-target="id" of what
// shows the rules, data-live-with="names" of fields to send along (optional, commas): posts what is typed and shows the
// ticks that the server answers. The password is read, sent and forgotten; nothing keeps it beyond the request.
(function () {
  "use strict";
  const WAIT_MS = 250;
  const timers = new WeakMap();
  const running = new WeakMap();

  function tokenOf(field) {
    const hidden = field.form && field.form.querySelector("input[name=csrfmiddlewaretoken]");
    return hidden ? hidden.value : "";
  }

  async function ask(frame, field) {
    const earlier = running.get(field);
    if (earlier) earlier.abort();
    const control = new AbortController();
    running.set(field, control);
    const body = new FormData();
    body.set(field.name, field.value);
    for (const name of (frame.dataset.liveWith || "").split(",").filter(Boolean)) {
      body.set(name, field.form.elements[name] ? field.form.elements[name].value : "");
    }
    try {
      const answer = await fetch(frame.dataset.liveRules, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": tokenOf(field), "HX-Request": "true" },
        signal: control.signal,
        redirect: "error",
      });
      const target = document.getElementById(frame.dataset.liveTarget);
      if (!answer.ok || !target) return;
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      target.replaceChildren(...parsed.body.childNodes);
    } catch {
      // no answer: the rules stay as they are, and the server judges when the form is sent
    }
  }

  document.addEventListener("input", function (event) {
    const field = event.target;
    const frame = field.closest("[data-live-rules]");
    if (!frame || field.name !== frame.dataset.liveField) return;
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => ask(frame, field), WAIT_MS));
  });
})();
