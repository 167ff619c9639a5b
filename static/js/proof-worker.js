// Finds the number whose derived key begins as the challenge says (ALTCHA, PBKDF2 by Web Crypto); posts null if it cannot.
"use strict";

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function derive(parameters, password) {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const recipe = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(parameters.salt), iterations: parameters.cost };
  return new Uint8Array(await crypto.subtle.deriveBits(recipe, key, parameters.keyLength * 8));
}

async function solve(parameters) {
  const nonce = bytesOf(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const place = new DataView(password.buffer);
  for (let counter = 0; counter < 1000000; counter += 1) {
    place.setUint32(nonce.length, counter);
    const derivedKey = hexOf(await derive(parameters, password));
    if (derivedKey.startsWith(parameters.keyPrefix)) return { counter, derivedKey };
  }
  return null;
}

self.addEventListener("message", function (event) {
  solve(event.data).then((found) => self.postMessage(found), () => self.postMessage(null));
});
