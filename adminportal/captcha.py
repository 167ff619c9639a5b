"""Tells people from programs without a third party: a silent proof of work, or a picture and a sound.

The browser solves the proof of work (ALTCHA) by itself. Where scripts are off, the person types the digits of a picture
or of a recording; both are derived from a signed token, so nothing is kept before somebody answers. What was
answered right once never works again: that is counted in the database, so the door is closed while it cannot be told.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from altcha import Payload, create_challenge, verify_solution
from django.conf import settings
from django.utils.crypto import constant_time_compare

from adminportal import captcha_media, sealing
from adminportal.throttle import Throttled, check

WORK_FIELD: Final = "proof"
PICTURE_FIELD: Final = "captcha"
TEXT_FIELD: Final = "captcha_text"
LIFE: Final = timedelta(minutes=30)
"""How long a challenge may be answered; a page that lies open longer gets a new one."""
MOST_LEVELS: Final = 6
ALGORITHM: Final = "PBKDF2/SHA-256"
"""Browsers derive it natively, so that a program of one's own gains little over a phone."""
LONGEST_PAYLOAD: Final = 4000
"""Characters of an answer; ours have about 700."""
DIGITS: Final = "23456789"
"""0 and 1 look and sound like other signs."""
SHORTEST_TEXT: Final = 6
LONGEST_TOKEN: Final = 200
"""Characters of a token; ours have about 110."""
SIGNED_FOR: Final = "captcha"


class Purpose(StrEnum):
    """Which page asks; an answer given to another one is worth nothing."""

    WIZARD = "wizard"
    USER_NAME = "user-name"
    SIGN_IN = "sign-in"


class Answer(StrEnum):
    """What came of an answer; WRONG may be tried again with the same picture, EXPIRED needs a new challenge."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captcha:
    """What a page shows: ``work`` for the script, ``token`` for picture and sound."""

    work: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What a token says, once its signature held."""

    purpose: str
    level: int
    digits: str


def make(purpose: Purpose, *, level: int = 0, now: datetime, keep: str = "") -> Captcha:
    """Make a challenge for one purpose; each level up to 6 doubles the work and adds a digit.

    ``keep`` is the token of a picture that the person answered wrongly and may try again.
    """
    level = min(max(level, 0), MOST_LEVELS)
    expires = int((now + LIFE).timestamp())
    known = _open(keep, now=now) if keep else None
    body = f"{purpose}.{level}.{expires}.{secrets.token_urlsafe(16)}"
    fresh = f"{body}.{sealing.keyed_digest(SIGNED_FOR, body)}"
    token = keep if known and known.purpose == purpose else fresh
    return Captcha(work=_work(purpose, level=level, expires=expires), token=token)


def check_answer(purpose: Purpose, fields: Mapping[str, str], *, level: int = 0, now: datetime) -> Answer:
    """Judge the answer of a form and spend it; not inside a transaction that may roll back.

    An answer to an easier challenge than ``level`` asks for today counts as expired.
    """
    payload = fields.get(WORK_FIELD, "")
    if payload:
        return _judge_work(purpose, payload, level=level, now=now)
    return _judge_text(purpose, fields, level=level, now=now)


def text_of(token: str, *, now: datetime) -> str:
    """Return the digits of a live token for its picture or its sound, or nothing."""
    found = _open(token, now=now)
    return found.digits if found else ""


def picture(text: str) -> bytes:
    """Draw the digits as a PNG."""
    return captcha_media.picture(text)


def sound(text: str) -> bytes:
    """Speak the digits, in English, as a WAV file; about a quarter of a second of work."""
    return captcha_media.sound(text)


def _work(purpose: Purpose, *, level: int, expires: int) -> str:
    steps = int(settings.PROOF_OF_WORK_STEPS) << level
    secret = _secrets(purpose)[0]
    challenge = create_challenge(
        ALGORITHM,
        settings.PROOF_OF_WORK_COST,
        # Drawn from nothing on: with a smallest number, a program would begin there and save the work up to it.
        counter=secrets.randbelow(2 * steps),
        data={"level": level, "expires": expires},
        hmac_secret=secret,
        hmac_key_secret=secret,
    )
    return json.dumps(challenge.to_dict(), separators=(",", ":"))


def _judge_work(purpose: Purpose, payload: str, *, level: int, now: datetime) -> Answer:
    if len(payload) > LONGEST_PAYLOAD:
        return Answer.WRONG
    # The library looks at its own clock only where its own field is set; ours is in the signed data.
    results = (verify_solution(payload, secret, hmac_key_secret=secret) for secret in _secrets(purpose))
    if not any(result.verified for result in results):
        return Answer.WRONG
    challenge = Payload.from_base64(payload).challenge
    signed = challenge.parameters.data or {}
    if signed["level"] < min(level, MOST_LEVELS) or signed["expires"] <= now.timestamp():
        return Answer.EXPIRED
    return _spend(str(challenge.signature), now=now)


def _judge_text(purpose: Purpose, fields: Mapping[str, str], *, level: int, now: datetime) -> Answer:
    token = fields.get(PICTURE_FIELD, "")
    found = _open(token, now=now)
    if found is None or found.purpose != purpose or found.level < min(level, MOST_LEVELS):
        return Answer.EXPIRED
    try:
        check("CAPTCHA_TRIES", key=token, now=now)
    except Throttled:
        return Answer.EXPIRED
    typed = "".join(fields.get(TEXT_FIELD, "")[:40].split())
    if not constant_time_compare(typed, found.digits):
        return Answer.WRONG
    return _spend(token, now=now)


def _spend(key: str, *, now: datetime) -> Answer:
    """Let an answer count once; the row that remembers it outlives the challenge."""
    try:
        check("CAPTCHA_ONCE", key=key, now=now)
    except Throttled:
        return Answer.EXPIRED
    return Answer.RIGHT


def _open(token: str, *, now: datetime) -> _Opened | None:
    """Return what a live token of ours says."""
    body, _, signature = token[:LONGEST_TOKEN].rpartition(".")
    for key_id in sealing.key_ids():
        if constant_time_compare(sealing.keyed_digest(SIGNED_FOR, body, key_id=key_id), signature):
            purpose, level, expires, _nonce = body.split(".")
            if int(expires) <= now.timestamp():
                return None
            return _Opened(purpose=purpose, level=int(level), digits=_digits(token, int(level), key_id=key_id))
    return None


def _digits(token: str, level: int, *, key_id: str) -> str:
    drawn = bytes.fromhex(sealing.keyed_digest("captcha-text", token, key_id=key_id))
    return "".join(DIGITS[byte % len(DIGITS)] for byte in drawn[: SHORTEST_TEXT + level])


def _secrets(purpose: Purpose) -> list[str]:
    return sealing.digests_of_all_keys("captcha-work", purpose)
