"""What follows from a step that was judged: counted, led on, locked, told and written down, in its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from adminportal.audit.record import record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from sspr import attempts, locks, trail
from sspr.flow import PROVEN, Event
from sspr.models import Gate, RecoveryAttempt
from sspr.services.ending import end_attempt
from sspr.services.notices import tell_locked, tell_waiting
from sspr.situation import Situation
from sspr.waiting import must_wait, times_of_wait
from users.services import challenges
from users.tenancy import within


def choose(situation: Situation, gate: Gate, *, now: datetime) -> None:
    """Note the method that was chosen."""
    attempts.advance(situation.attempt, Event.CHOSE, chosen_gate=gate.value)
    record(trail.progress(situation.attempt, trail.started(gate)), now=now)


def settle_right(situation: Situation, gate: Gate, others: Sequence[RecoveryAttempt], *, now: datetime) -> Secret:
    """Lead on after a right proof, under a new key; older attempts for the account end."""
    attempt, way = situation.attempt, situation.way(gate)
    if way is None or situation.is_decoy:
        raise attempts.MovedOn
    proven = (*situation.proven, way)
    key = attempts.new_key()
    event = _event_of(situation, is_enough=situation.verdict.is_enough(proven), now=now)
    waits = event is Event.PROVED_ALL_TO_WAIT
    attempts.advance(
        attempt,
        event,
        cookie_digest=attempts.digest_of(key),
        chosen_gate="",
        proven_gates=[each.gate.value for each in proven],
        proven_destinations=[attempts.mark_of(each) for each in proven],
        gates_required=situation.verdict.required,
        policy_version=situation.policy.version,
        **(times_of_wait(situation, now=now) if waits else {}),
    )
    locks.forgive(attempt.subject, gate)
    challenges.kill(attempt.pk, now=now)
    entries = [trail.progress(attempt, trail.completed(gate))]
    if attempt.state in PROVEN:
        entries.append(trail.progress(attempt, trail.COMPLETED_ALL))
    record(*entries, now=now)
    end_others(attempt, attempts.overtaken_by(attempt, others), now=now)
    if waits:
        tell_of_wait(situation, now=now)
    return key


def make_wait(situation: Situation, *, now: datetime) -> None:
    """Let an administrator wait who was about to choose a password; the settings or their roles changed meanwhile."""
    attempts.advance(situation.attempt, Event.MUST_WAIT, **times_of_wait(situation, now=now))
    tell_of_wait(situation, now=now)


def tell_of_wait(situation: Situation, *, now: datetime) -> None:
    """Tell everybody who may stop a reset until when they can, and write down that it waits."""
    attempt = situation.attempt
    if attempt.user is None or attempt.wait_until is None:
        raise attempts.MovedOn
    with within(situation.tenant):
        tell_waiting(situation, attempt.user, until=attempt.wait_until, now=now)
    details = {"WaitsUntil": attempt.wait_until.isoformat(timespec="seconds")}
    record(trail.progress(attempt, trail.WAITS, details=details), now=now)


def settle_wrong(situation: Situation, gate: Gate, others: Sequence[RecoveryAttempt], *, now: datetime) -> bool:
    """Count a wrong proof; True where it was one too many, and self-service is closed for the account now."""
    attempt = situation.attempt
    limit = locks.count_wrong(attempt.subject, gate, user_id=_person_id(situation), now=now)
    if limit:
        lock(situation, gate, limit=limit, now=now)
        return True
    # A code that is on its way stays to be typed after a wrong try of what needs none.
    kept = attempt.chosen_gate if attempt.chosen_gate in locks.SENDS else gate.value
    attempts.advance(attempt, Event.WRONG, chosen_gate=kept)
    reason = f"User gave a wrong proof for the {trail.METHOD_NAMES[gate]} verification option"
    record(trail.progress(attempt, reason, result=Result.FAILURE), now=now)
    return False


def begin_anew(situation: Situation, *, now: datetime) -> None:
    """Send an attempt back to its first proof; that of before counts no longer."""
    attempt = situation.attempt
    attempts.advance(attempt, Event.NOTHING_COUNTS, chosen_gate="", proven_gates=[], proven_destinations=[])
    record(trail.progress(attempt, trail.NO_MORE_ENOUGH, result=Result.FAILURE), now=now)


def tell_over_code(situation: Situation, *, now: datetime) -> None:
    """Record a code that came after its time, or after five wrong ones."""
    record(trail.progress(situation.attempt, trail.OVER_CODE, result=Result.FAILURE), now=now)


def tell_other_number(situation: Situation, *, now: datetime) -> None:
    """Record a number that is not the one on file, where the person is told so."""
    record(trail.progress(situation.attempt, trail.OTHER_NUMBER, result=Result.FAILURE), now=now)


def lock(situation: Situation, gate: Gate, *, limit: str, now: datetime) -> None:
    """Close self-service for the account for a day, end the attempt, and tell the person."""
    _close_for(situation, reason=trail.blocked(gate), limit=limit, until=now + locks.LOCK_LASTS, now=now)


def pause(situation: Situation, gate: Gate, *, now: datetime) -> bool:
    """Pause a method of which too many codes were asked for; True where the tenant's setting closes everything."""
    attempt, limit = situation.attempt, locks.SENDS[gate]
    if hours := situation.policy.sends_lock_hours:
        until, reason = now + timedelta(hours=hours), trail.sent_too_often(gate, hours)
        _close_for(situation, reason=reason, limit=limit, until=until, now=now)
        return True
    until = now + locks.PAUSE_LASTS
    locks.close(attempt.subject, gate=gate, until=until, limit=limit, user_id=_person_id(situation))
    entry = trail.progress(attempt, trail.paused(gate), result=Result.FAILURE, details={"Limit": limit})
    record(entry, now=now)
    return False


def close_out(situation: Situation, *, now: datetime) -> None:
    """End an attempt that must not go on: the account was closed meanwhile, or may not reset any more."""
    attempt = situation.attempt
    if situation.closed.until:
        event, reason = Event.LIMIT, trail.CLOSED_MEANWHILE
    else:
        event, reason = Event.FORBIDDEN, trail.FAILED[situation.verdict.code]
    details = {"SsprCode": situation.verdict.code}
    end_attempt(attempt, event, reason=reason, details=details, now=now)


def end_others(attempt: RecoveryAttempt, others: Sequence[RecoveryAttempt], *, now: datetime) -> None:
    """End further attempts for the same account, which are held."""
    for other in others:
        other.user = attempt.user
        end_attempt(other, Event.OVERTAKEN, reason=trail.NEWER_ATTEMPT, now=now)


def _close_for(situation: Situation, *, reason: str, limit: str, until: datetime, now: datetime) -> None:
    attempt, details = situation.attempt, {"Limit": limit}
    locks.close(attempt.subject, until=until, limit=limit, user_id=_person_id(situation))
    activity = Activity.BLOCKED_FROM_SELF_SERVICE_PASSWORD_RESET
    blocked = trail.entry(activity, attempt, reason=reason, details=details)
    end_attempt(attempt, Event.LIMIT, blocked, reason=reason, details=details, now=now)
    tell_locked(situation, until=until, now=now)


def _event_of(situation: Situation, *, is_enough: bool, now: datetime) -> Event:
    if not is_enough:
        return Event.PROVED_ONE
    if situation.attempt.is_unlock:
        return Event.PROVED_ALL_TO_UNLOCK
    return Event.PROVED_ALL_TO_WAIT if must_wait(situation, now=now) else Event.PROVED_ALL


def _person_id(situation: Situation) -> UUID | None:
    return situation.attempt.user.pk if situation.attempt.user else None
