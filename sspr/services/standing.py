"""Whether an attempt that was proven still is: asked anew by every step after the last proof."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from adminportal.audit.record import record
from adminportal.audit.tags import Result
from sspr import attempts, trail
from sspr.flow import Event, State
from sspr.models import RecoveryAttempt
from sspr.services.ending import end_attempt
from sspr.services.settling import close_out, make_wait
from sspr.situation import Situation
from sspr.waiting import must_wait


class Ended(StrEnum):
    """How the last step ended: UNFIT is a refused password, BACK asks for a further proof, OVER ends the attempt."""

    DONE = "done"
    UNFIT = "unfit"
    BACK = "back"
    OVER = "over"
    STALE = "stale"


def has_new_password(attempt: RecoveryAttempt) -> bool:
    """Tell whether the person's password changed since the attempt began: what it was to replace is gone."""
    changed = attempt.user.password_changed_at if attempt.user else None
    return changed is not None and changed > attempt.created_at


def leave_unless_proven(situation: Situation, *, now: datetime) -> Ended | None:
    """Send an attempt back, or end it, whose proofs are not enough any more; None where they are."""
    attempt = situation.attempt
    if situation.is_decoy or situation.closed.until or not situation.verdict.is_able:
        close_out(situation, now=now)
        return Ended.OVER
    if has_new_password(attempt):
        end_attempt(attempt, Event.FORBIDDEN, reason=trail.CHANGED_MEANWHILE, now=now)
        return Ended.OVER
    if situation.verdict.is_enough(situation.proven):
        return _wait_first(situation, now=now)
    proven = situation.proven[:1]
    attempts.advance(
        attempt,
        Event.MORE_NEEDED if proven else Event.NOTHING_COUNTS,
        chosen_gate="",
        proven_gates=[way.gate.value for way in proven],
        proven_destinations=[attempts.mark_of(way) for way in proven],
        gates_required=situation.verdict.required,
    )
    record(trail.progress(attempt, trail.NO_MORE_ENOUGH, result=Result.FAILURE), now=now)
    return Ended.BACK


def _wait_first(situation: Situation, *, now: datetime) -> Ended | None:
    if situation.attempt.state != State.NEW_PASSWORD or not must_wait(situation, now=now):
        return None
    make_wait(situation, now=now)
    return Ended.BACK
