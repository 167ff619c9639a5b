// data-proof="challenge" on a hidden field: the browser finds the number whose derived key begins as the challenge says
// (ALTCHA, PBKDF2 by Web Crypto, which works beside the page), and the answer becomes the field's value. A form that is
// sent before waits; data-proof-wait says so. Where it cannot be done, data-proof-failed (a way to the picture) is shown.
(function () {
  "use strict";
  const MOST_TRIES = 1000000;
  const SENT_FROM = new WeakMap();

  function show(form, name, visible) {
    for (const place of form.querySelectorAll(`[data-proof-${name}]`)) place.hidden = !visible;
  }

  function bytesOf(hex) {
    return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  }

  function hexOf(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function derive(parameters, password) {
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const recipe = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(parameters.salt), iterations: parameters.cost };
    return hexOf(new Uint8Array(await crypto.subtle.deriveBits(recipe, key, parameters.keyLength * 8)));
  }

  async function solve(parameters) {
    const nonce = bytesOf(parameters.nonce);
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    for (let counter = 0; counter < MOST_TRIES; counter += 1) {
      new DataView(password.buffer).setUint32(nonce.length, counter);
      const derivedKey = await derive(parameters, password);
      if (derivedKey.startsWith(parameters.keyPrefix)) return { counter, derivedKey };
    }
    throw new Error("no number fits");
  }

  async function begin(field) {
    const form = field.form;
    try {
      const challenge = JSON.parse(field.dataset.proof);
      field.value = btoa(JSON.stringify({ challenge, solution: await solve(challenge.parameters) }));
    } catch {
      field.dataset.proofState = "failed";
      show(form, "failed", true);
    }
    show(form, "wait", false);
    if (field.value && SENT_FROM.has(form)) form.requestSubmit(SENT_FROM.get(form) || undefined);
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
