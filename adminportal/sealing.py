"""Key ring: authenticated encryption, keyed digests and derived secrets, each bound to a purpose.

Keys come from ``SEALING_KEYS`` (a comma list of at least 32 characters each): the first seals, all open.
Nothing here touches the database; rows name the key that made them by its short id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
"""Length of an AES-GCM nonce in bytes (NIST SP 800-38D)."""


class SealBroken(Exception):
    """A sealed value could not be opened: wrong purpose, wrong context, unknown key or changed bytes."""


class Secret:
    """A text that must not be shown: ``repr`` and ``str`` are masked, ``expose()`` is greppable."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def expose(self) -> str:
        """Return the plain text."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(********)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Callable[[str], Secret], tuple[str]]:
        raise TypeError("A Secret is not pickled: it would rest in plain text.")


def current_key_id() -> str:
    """Return the id of the key that seals today."""
    return next(iter(_ring()))


def key_ids() -> list[str]:
    """Return the ids of all keys of the ring, the one that seals today first."""
    return list(_ring())


def seal(purpose: str, plain: Secret, *, context: str) -> str:
    """Encrypt ``plain`` for one purpose and one context (the row it belongs to)."""
    key_id = current_key_id()
    nonce = os.urandom(NONCE_BYTES)
    body = AESGCM(_subkey(key_id, f"seal:{purpose}")).encrypt(nonce, plain.expose().encode(), context.encode())
    return f"{key_id}.{_b64(nonce + body)}"


def unseal(purpose: str, sealed: str, *, context: str) -> Secret:
    """Open what :func:`seal` closed.

    :raises SealBroken: when purpose, context or key do not fit, or the bytes were changed.
    """
    key_id, _, body = sealed.partition(".")
    try:
        raw = _unb64(body)
        plain = AESGCM(_subkey(key_id, f"seal:{purpose}")).decrypt(
            raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()
        )
    except (InvalidTag, ValueError, KeyError) as problem:
        raise SealBroken(purpose) from problem
    return Secret(plain.decode())


def keyed_digest(purpose: str, value: str, *, key_id: str | None = None) -> str:
    """Return a keyed HMAC-SHA256 of ``value`` as 64 hex characters, to be compared, never reversed."""
    key = _subkey(key_id or current_key_id(), f"digest:{purpose}")
    return hmac.digest(key, value.encode(), "sha256").hex()


def digests_of_all_keys(purpose: str, value: str) -> list[str]:
    """Return the keyed digest of ``value`` under every key of the ring, newest first."""
    return [keyed_digest(purpose, value, key_id=key_id) for key_id in _ring()]


def derive(purpose: str, row_id: str, generation: int, *, key_id: str) -> bytes:
    """Derive the 32-byte secret of a row, HMAC(key, purpose || row id || generation).

    :raises SealBroken: when the key that the row names is no longer in the ring.
    """
    message = f"{row_id}\x00{generation}".encode()
    try:
        key = _subkey(key_id, f"derive:{purpose}")
    except KeyError as problem:
        raise SealBroken(purpose) from problem
    return hmac.digest(key, message, "sha256")


def derive_token(purpose: str, row_id: str, generation: int, *, key_id: str) -> Secret:
    """Derive a 256-bit URL-safe token of 43 characters for a row."""
    return Secret(_b64(derive(purpose, row_id, generation, key_id=key_id)))


def _ring() -> dict[str, bytes]:
    return _ring_of(tuple(settings.SEALING_KEYS))


@lru_cache(maxsize=8)
def _ring_of(keys: tuple[str, ...]) -> dict[str, bytes]:
    masters = [hashlib.sha256(b"adminportal sealing key\x00" + key.encode()).digest() for key in keys]
    return {hashlib.sha256(b"id\x00" + master).hexdigest()[:8]: master for master in masters}


def _subkey(key_id: str, label: str) -> bytes:
    return _subkey_of(_ring()[key_id], label)


@lru_cache(maxsize=128)
def _subkey_of(master: bytes, label: str) -> bytes:
    return hmac.digest(master, label.encode(), "sha256")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
