// A request that failed is said aloud, never swallowed; one that ended on another page (the session is over) goes there.
(function () {
  "use strict";

  function show() {
    const part = document.querySelector("template[data-part=request-failed]");
    const panel = document.querySelector("[data-panel] .panel__body");
    const place = panel || document.querySelector("main");
    if (!part || !place || place.querySelector("[data-request-failed]")) return;
    const box = document.createElement("div");
    box.dataset.requestFailed = "";
    box.append(part.content.cloneNode(true));
    place.prepend(box);
  }

  document.addEventListener("htmx:beforeSwap", function (event) {
    const answer = event.detail.xhr;
    const asked = new URL(event.detail.pathInfo.requestPath, location.href);
    const came = answer.responseURL ? new URL(answer.responseURL) : asked;
    if (came.pathname === asked.pathname || !/^\s*<!doctype html/i.test(answer.responseText)) return;
    event.detail.shouldSwap = false;
    location.assign(came.href);
  });
  document.addEventListener("htmx:responseError", show);
  document.addEventListener("htmx:sendError", show);
  document.addEventListener("htmx:timeout", show);
})();
