"""The end of an administrator's wait: whoever was not stopped in time goes on to the new password."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from sspr import attempts
from sspr.flow import Event, State
from sspr.models import RecoveryAttempt
from sspr.services.holding import hold
from sspr.services.standing import leave_unless_proven
from sspr.situation import look
from sspr.waiting import must_wait


class Waited(StrEnum):
    """How it was answered; ELSEWHERE is a step back, or the end of the attempt."""

    OVER = "over"
    EARLY = "early"
    ELSEWHERE = "elsewhere"
    STALE = "stale"


def go_on(attempt: RecoveryAttempt, *, moves: int, now: datetime) -> Waited:
    """Lead on where the wait is over and everything still holds; not inside a transaction."""
    with transaction.atomic():
        if hold(attempt, states=(State.WAITING,), moves=moves, now=now) is None:
            return Waited.STALE
        situation = look(attempt, now=now)
        if leave_unless_proven(situation, now=now) is not None:
            return Waited.ELSEWHERE
        if must_wait(situation, now=now):
            return Waited.EARLY
        attempts.advance(attempt, Event.WAITED)
    return Waited.OVER
