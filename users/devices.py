"""Device cookie: says that somebody signed in here before, so that a stranger's guesses do not lock them out here."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from adminportal import sealing

LIFETIME = timedelta(days=90)
DIGEST_CHARACTERS = 32
"""Hex characters of a digest that the cookie carries: 128 bits."""
MOST_PEOPLE = 5
"""How many people one browser remembers."""


def is_familiar(cookie: str, user_id: UUID | None, *, now: datetime) -> bool:
    """Tell whether the cookie proves an own success of this person within ninety days."""
    return any(known == str(user_id) for known, _since in _entries(cookie, now=now))


def remember(cookie: str, user_id: UUID, *, now: datetime) -> str:
    """Return the cookie with this person put first."""
    others = [entry for entry in _entries(cookie, now=now) if entry[0] != str(user_id)]
    entries = [(str(user_id), int(now.timestamp())), *others][:MOST_PEOPLE]
    return "|".join(f"{known}:{since}:{_digest(known, since)}" for known, since in entries)


def _entries(cookie: str, *, now: datetime) -> list[tuple[str, int]]:
    found = []
    for part in cookie[:1024].split("|") if cookie.isascii() else ():
        known, _, rest = part.partition(":")
        since, _, digest = rest.partition(":")
        if not since.isdecimal() or not _is_ours(digest, known, int(since)):
            continue
        if int(since) > (now - LIFETIME).timestamp():
            found.append((known, int(since)))
    return found


def _is_ours(digest: str, known: str, since: int) -> bool:
    """Compare under every sealing key, so that a rotation of keys makes nobody a stranger at their own desk."""
    digests = sealing.digests_of_all_keys("device", f"{known}:{since}")
    return any(compare_digest(digest, own[:DIGEST_CHARACTERS]) for own in digests)


def _digest(known: str, since: int) -> str:
    return sealing.keyed_digest("device", f"{known}:{since}")[:DIGEST_CHARACTERS]
