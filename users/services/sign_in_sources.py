"""How many failed sign-ins come from one source, and what that asks of the next one."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Final

from adminportal.throttle import Throttled, check, peek

LEVELS: Final = (("SIGN_IN_HARD", 3), ("SIGN_IN", 0))
"""Limits, the highest first, and how hard the challenge is once one is reached."""


class ChallengeNeeded(Exception):
    """Sign-in from this source takes the answer to a challenge first; carries its level. Nothing was tried."""

    def __init__(self, level: int) -> None:
        super().__init__(str(level))
        self.level = level


def challenge_level(source: str, *, now: datetime) -> int | None:
    """Return how hard a challenge a sign-in from this source takes, or None where it takes none."""
    for name, level in LEVELS:
        try:
            peek(name, key=source, now=now)
        except Throttled:
            return level
    return None


def count_failure(source: str, *, now: datetime) -> None:
    """Count a failure of a source; the one that reaches a limit still gets its neutral answer."""
    for name, _ in LEVELS:
        with contextlib.suppress(Throttled):
            check(name, key=source, now=now)
