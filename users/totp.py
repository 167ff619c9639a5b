"""Codes of authenticator apps: RFC 6238 with SHA-1, six digits and thirty seconds, as every app knows them. Pure."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest
from typing import Final

import pyotp

from adminportal.sealing import Secret
from users.typed_codes import digits_of

STEP_SECONDS: Final = 30
DIGITS: Final = 6
KEY_CHARACTERS: Final = 32
"""Length of a key in base 32: 160 bits (RFC 4226 section 4, R6)."""


def new_key() -> Secret:
    """Return a random key in base 32."""
    return Secret(pyotp.random_base32(KEY_CHARACTERS))


def step_of(now: datetime) -> int:
    """Return the number of the time step that a moment is in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(key: Secret, step: int) -> Secret:
    """Return the code of one time step."""
    return Secret(pyotp.HOTP(key.expose(), digits=DIGITS).at(step))


def matching_step(key: Secret, typed: str, *, now: datetime) -> int | None:
    """Return the time step that the typed code belongs to, the present one or the one before it; None for neither."""
    step, digits = step_of(now), digits_of(typed).encode()
    hits = [(each, compare_digest(code_at(key, each).expose().encode(), digits)) for each in (step, step - 1)]
    return next((each for each, is_hit in hits if is_hit), None)


def address_of(key: Secret, *, account: str, issuer: str) -> Secret:
    """Return what an app reads from the QR code."""
    return Secret(pyotp.TOTP(key.expose(), digits=DIGITS).provisioning_uri(name=account, issuer_name=issuer))
