"""Shows enough of an address to recognise it, and not enough to learn it."""

from __future__ import annotations

from adminportal.outbox.content import one_line

DOTS = "•••"
SHOWN_DIGITS = 2
"""Digits of a telephone number that stay readable at its end."""


def mask(address: str) -> str:
    """Return ``m•••@mail.example`` for an e-mail address, ``+47 ••• 12`` for a telephone number."""
    local, at, domain = address.rpartition("@")
    if at:
        return f"{local[:1]}{DOTS}@{domain}"
    digits = address.replace(" ", "")
    return f"{digits[:3]} {DOTS} {digits[-SHOWN_DIGITS:]}" if len(digits) > len("+47") + SHOWN_DIGITS else DOTS


def without_address(text: str, *, address: str) -> str:
    """Return another server's words as one line, with the recipient's address masked in them."""
    plain = one_line(text)
    start = plain.lower().find(address.lower())
    while address and start >= 0:
        plain = plain[:start] + mask(address) + plain[start + len(address) :]
        start = plain.lower().find(address.lower(), start + 1)
    return plain
