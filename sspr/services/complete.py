"""The last step: a new password, or an unlocked account; the person and the proofs are read again under their locks.

The wizard signs nobody in. Order of locks: the person, then the open attempts of the account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal import clock, correlation
from adminportal.audit.record import record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from passwords.authority import SelfServiceAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.policy import RuleName, Violation
from passwords.services.change import BANNED_REASON
from passwords.services.reset import reset_passwords
from sspr import attempts, locks, trail
from sspr.flow import Event, State
from sspr.models import RecoveryAttempt
from sspr.services.ending import end_attempt
from sspr.services.holding import hold
from sspr.services.notices import tell_reset, tell_unlocked
from sspr.services.settling import end_others
from sspr.services.standing import Ended, has_new_password, leave_unless_proven
from sspr.situation import Situation, look
from sspr.waiting import must_wait
from users.access import Decision
from users.models import TrustedDevice, User
from users.services import challenges
from users.services.lockout import clear as clear_lockouts
from users.targets import TargetFacts
from users.tenancy import across_tenants, within

__all__ = ["Ended", "Finished", "finish", "unlock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end; every broken rule at once, or the code and values of another refusal of the password."""

    ended: Ended
    violations: tuple[Violation, ...] = ()
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


PASSWORD_CODES: Final = frozenset({"RESET_POLICY", "RESET_HISTORY_LIMIT"})
"""Refusals of the password itself; every other one is about the person."""
STALE: Final = Finished(ended=Ended.STALE)


@sensitive_variables()
def finish(attempt: RecoveryAttempt, *, password: Secret, moves: int, now: datetime) -> Finished:
    """Set the password that was typed; two hashes at most, not inside a transaction.

    Everything commits together: password, ended sessions, trusted browsers and links, the attempt, counters, notices
    and audit rows.

    :raises HashingBusy: when no hash slot came free in time; the form is spent, nothing else happened.
    """
    with transaction.atomic():
        if hold(attempt, states=(State.NEW_PASSWORD,), moves=moves, now=now) is None:
            return STALE
        situation = look(attempt, now=now)
        standing = leave_unless_proven(situation, now=now)
        if standing is not None:
            return Finished(ended=standing)
        record(trail.progress(attempt, trail.SUBMITTED_PASSWORD), now=now)
    try:
        outcome = _reset(situation, password, now=now)
    except attempts.MovedOn:
        return STALE
    if outcome.end is ResetEnd.DONE:
        return Finished(ended=Ended.DONE)
    if outcome.code in PASSWORD_CODES:
        return Finished(ended=Ended.UNFIT, violations=outcome.violations, code=outcome.code, values=outcome.values)
    return _leave_after_refusal(attempt, now=now)


def unlock(attempt: RecoveryAttempt, *, moves: int, now: datetime) -> Ended:
    """Clear the sign-in lock of a person who knows the password, and change nothing else; not inside a transaction."""
    with transaction.atomic():
        _take_person(attempt.user)
        others = hold(attempt, states=(State.UNLOCK,), moves=moves, now=now)
        if others is None:
            return Ended.STALE
        situation = look(attempt, now=now)
        standing = leave_unless_proven(situation, now=now)
        user = situation.user
        if standing is not None or user is None:
            return standing or Ended.OVER
        if not situation.policy.allow_unlock:
            _refuse_unlock(attempt, now=now)
            return Ended.OVER
        clear_lockouts([user.upn_folded])
        _close(situation, Event.OPENED, others, reason=trail.UNLOCKED, now=now)
        details = {"MethodsUsed": trail.methods_used(attempt)}
        record(trail.entry(Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE, attempt, details=details), now=now)
        tell_unlocked(situation, user, now=now)
    return Ended.DONE


def _refuse_unlock(attempt: RecoveryAttempt, *, now: datetime) -> None:
    """End an attempt whose setting went off meanwhile."""
    reason = trail.FAILED["SSPR_0011"]
    activity = Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE
    refused = trail.entry(activity, attempt, reason=reason, result=Result.FAILURE)
    end_attempt(attempt, Event.FORBIDDEN, refused, reason=reason, now=now)


def _take_person(user: User | None) -> None:
    if user is not None:
        with across_tenants():
            list(User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user.pk))


@sensitive_variables()
def _reset(situation: Situation, password: Secret, *, now: datetime) -> ResetOutcome:
    attempt, user = situation.attempt, situation.known.user

    def settle(outcomes: Sequence[ResetOutcome]) -> None:
        for outcome in outcomes:
            _settle(situation, outcome, now=now)

    authority = SelfServiceAuthority(
        user=user,
        methods_used=trail.methods_used(attempt),
        still_holds=lambda target: _still_holds(attempt, target, now=now),
    )
    with within(situation.tenant), correlation.bound(_facts_of(attempt)):
        (outcome,) = reset_passwords(
            tenant=situation.tenant,
            orders=[ResetOrder(user_id=user.pk, password=password)],
            authority=authority,
            options=ResetOptions(
                must_change=False,
                notify=False,
                keeps_result=False,
                tells_admins=False,
                idempotency_key=f"sspr {attempt.pk}",
            ),
            now=now,
            settle=settle,
        )
    return outcome


def _facts_of(attempt: RecoveryAttempt) -> correlation.RequestFacts:
    return replace(correlation.current(), correlation_id=attempt.pk)


def _still_holds(attempt: RecoveryAttempt, target: TargetFacts, *, now: datetime) -> Decision:
    """Judge the person as they are now, and what was proven by the settings and places of now."""
    attempt.user = target.user
    situation = look(attempt, now=now)
    if situation.closed.until:
        return Decision(allowed=False, code="SSPR_LOCKED")
    if not situation.verdict.is_able:
        return Decision(allowed=False, code=situation.verdict.code)
    if not situation.verdict.is_enough(situation.proven):
        return Decision(allowed=False, code="SSPR_MORE_NEEDED")
    if has_new_password(attempt):
        return Decision(allowed=False, code="SSPR_CHANGED_MEANWHILE")
    if must_wait(situation, now=now):
        return Decision(allowed=False, code="SSPR_MUST_WAIT")
    return Decision(allowed=True)


def _leave_after_refusal(attempt: RecoveryAttempt, *, now: datetime) -> Finished:
    """Say what became of an attempt whose person the reset refused under its lock."""
    with transaction.atomic():
        held = hold(attempt, states=(State.NEW_PASSWORD,), moves=attempt.moves, now=now, is_new_post=False)
        if held is None:
            return STALE
        standing = leave_unless_proven(look(attempt, now=now), now=now)
    return Finished(ended=standing or Ended.STALE)


def _settle(situation: Situation, outcome: ResetOutcome, *, now: datetime) -> None:
    """Write what belongs to the reset, in its transaction; what it raises takes everything back."""
    attempt = situation.attempt
    if outcome.end is not ResetEnd.DONE:
        _settle_refused(attempt, outcome, now=now)
        return
    moves = attempt.moves
    others = hold(attempt, states=(State.NEW_PASSWORD,), moves=moves, now=now, is_new_post=False)
    if others is None or outcome.is_repeat or attempt.user is None:
        raise attempts.MovedOn
    user = attempt.user
    # The reset counts from its write: notices and the end of the attempt are no older than it.
    now = max(now, clock.now())
    _close(situation, Event.RESET, others, reason=trail.SUCCEEDED, now=now)
    with within(situation.tenant):
        TrustedDevice.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        tell_reset(situation, user, now=now)
    details = {"MethodsUsed": trail.methods_used(attempt)}
    record(
        trail.progress(attempt, trail.RESET, details=details),
        trail.progress(attempt, trail.SUCCEEDED, details=details),
        now=now,
    )


def _settle_refused(attempt: RecoveryAttempt, outcome: ResetOutcome, *, now: datetime) -> None:
    if outcome.code not in PASSWORD_CODES:
        return
    rules = {violation.rule for violation in outcome.violations}
    reason = BANNED_REASON if RuleName.NOT_BANNED in rules else ", ".join(sorted(rules)) or outcome.code
    record(trail.progress(attempt, reason, result=Result.FAILURE), now=now)


def _close(
    situation: Situation, event: Event, others: Sequence[RecoveryAttempt], *, reason: str, now: datetime
) -> None:
    """End the attempt in success and every other one of the account, and clear what was counted against it."""
    attempt = situation.attempt
    attempts.advance(attempt, event, ended_at=now, end_reason=reason)
    challenges.kill(attempt.pk, now=now)
    end_others(attempt, others, now=now)
    locks.clear_own(attempt.subject)
