"""The one way in which an attempt ends before its reset: with its codes, and with its row in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Result
from sspr import attempts, trail
from sspr.flow import OPEN, Event, State
from sspr.models import RecoveryAttempt
from users.services import challenges


def end_attempt(
    attempt: RecoveryAttempt,
    event: Event,
    *also: Entry,
    reason: str,
    now: datetime,
    details: Mapping[str, str] | None = None,
) -> bool:
    """End an attempt and every code of it; False where it had ended or moved on, and nothing was written.

    A message that still waits carries a dead code then, and ends without being sent. ``also`` are further rows for the
    audit log. Three statements whoever it is about; inside a transaction.
    """
    if State(attempt.state) not in OPEN or not attempts.end(attempt, event, reason=reason, now=now):
        return False
    challenges.kill(attempt.pk, now=now)
    record(trail.progress(attempt, reason, result=Result.FAILURE, details=details), *also, now=now)
    return True
