"""The wait of administrators: proven, but stopped for some minutes so that others may stop it for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from sspr.attempts import LIFETIME
from sspr.situation import Situation


def must_wait(situation: Situation, *, now: datetime) -> bool:
    """Tell whether a reset has to wait before a new password is chosen: its person holds a role, and has not waited."""
    attempt, policy = situation.attempt, situation.policy
    has_waited = attempt.wait_until is not None and now >= attempt.wait_until
    return (
        bool(policy.admin_wait_minutes and situation.known.facts.is_admin and not attempt.is_unlock) and not has_waited
    )


def times_of_wait(situation: Situation, *, now: datetime) -> dict[str, datetime]:
    """Return until when an attempt waits and, for its person needs the usual time afterwards, how long it lives.

    A wait that has begun is not begun anew.
    """
    until = situation.attempt.wait_until or now + timedelta(minutes=situation.policy.admin_wait_minutes)
    return {"wait_until": until, "expires_at": until + LIFETIME}
