"""How a text may stand in a record: cut, without control characters, contact data masked."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from anyascii import anyascii

from adminportal.sealing import keyed_digest

LONGEST_TEXT = 1_024
"""Characters of a text that are kept."""

DIGEST_CHARACTERS = 32
"""Hex characters of a contact digest that are shown; 128 bits do not collide by chance."""

# C0 and C1 controls, line separators, surrogates, and the overrides that make a text read backwards.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    r"""Return ``text`` with control characters as ``\uXXXX`` and at most 1,024 characters.

    :raises TypeError: when it is no text; a ``Secret`` never becomes one by accident.
    """
    if not isinstance(text, str):
        raise TypeError(f"A record holds texts only, not {type(text).__name__}.")
    if text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT:
        return text
    safe = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text[:LONGEST_TEXT])
    if len(text) > LONGEST_TEXT or len(safe) > LONGEST_TEXT:
        return safe[: LONGEST_TEXT - 1] + "…"
    return safe


def folded(*texts: str) -> str:
    """Return the texts as one lower-case ASCII line to search in."""
    return " ".join(_folded(text) for text in texts if text)


def _folded(text: str) -> str:
    return (text if text.isascii() else anyascii(unicodedata.normalize("NFKC", text))).casefold()


def masked_contact(value: str) -> str:
    """Return an address or number as mask and keyed digest, such as ``+47 ... 12 (hmac 0a1b…)``.

    The same contact gives the same digest, so that records can be joined without showing it.
    """
    value = unicodedata.normalize("NFKC", value).strip()
    if "@" in value:
        plain = value.casefold()
        name, _, domain = plain.rpartition("@")
        mask = f"{name[:1]}...@{domain}"
    else:
        plain = re.sub(r"[^0-9+]", "", value)
        mask = f"{_country_prefix(plain)}... {plain[-2:]}" if len(plain) > 4 else "..."
    return f"{mask} (hmac {keyed_digest('audit-contact', plain)[:DIGEST_CHARACTERS]})"


def _country_prefix(number: str) -> str:
    try:
        return f"+{phonenumbers.parse(number).country_code} "
    except phonenumbers.NumberParseException:
        return ""
