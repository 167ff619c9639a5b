"""Page 1 of the wizard: a name is given, and every name goes on alike."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from adminportal import throttle
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from adminportal.throttle import Throttled
from sspr import attempts, decoys, trail
from sspr.flow import Event, State, next_state
from sspr.models import RecoveryAttempt
from sspr.services.cancel import end_in_this_browser
from sspr.services.holding import hold
from sspr.services.refused_start import Later, refuse_when_closed
from sspr.services.surge import count_start, key_of
from sspr.situation import first_look
from sspr.subjects import subject_of
from users.models import Tenant, User
from users.names import NameFault, check_upn
from users.services.installation_secrets import secret_for
from users.tenancy import find_person_by_name, find_tenant, find_tenant_of_domain

__all__ = ["Later", "NameFault", "Started", "choose_reason", "difficulty", "start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An attempt that began, and the key for its cookie."""

    attempt: RecoveryAttempt
    cookie: Secret


def start(*, user_name: str, source: str, language: str, now: datetime, instead_of: Secret | None = None) -> Started:
    """Begin an attempt for a typed user name, whoever has it or nobody; not inside a transaction.

    ``instead_of`` is the key of the attempt that this browser had: it ends. The same statements for every name.

    :raises NameFault: when the text cannot be a user name at all; nothing was asked for or counted then.
    :raises Later: when the name was given too often, or self-service is closed for it.
    """
    folded = check_upn(user_name)
    subject = subject_of(folded)
    _count_source(source, now=now)
    user, tenant = find_person_by_name(folded), find_tenant_of_domain(folded.partition("@")[2])
    tenant, key = _tenant_of(user, tenant), attempts.new_key()
    attempt = _draft(folded, subject=subject, user=user, tenant=tenant, key=key, language=language, now=now)
    refuse_when_closed(attempt, folded, now=now)
    count_start(tenant, now=now)
    with transaction.atomic():
        state = _judge(attempt)
        end_in_this_browser(instead_of, now=now)
        attempt.state = state
        attempts.add(attempt)
        record(*_entries(attempt), now=now)
    return Started(attempt=attempt, cookie=key)


def choose_reason(attempt: RecoveryAttempt, *, is_unlock: bool, moves: int, now: datetime) -> bool:
    """Answer page 2: forgotten, or known and still kept out; False where the form is not the one of now."""
    with transaction.atomic():
        if hold(attempt, states=(State.REASON,), moves=moves, now=now) is None:
            return False
        event = Event.REMEMBERS if is_unlock else Event.FORGOT
        attempts.advance(attempt, event, is_unlock=is_unlock)
    return True


def difficulty(*, source: str, tenant: Tenant | None, now: datetime) -> int:
    """Return how much harder the proof of work is: 0 as usual, one more for each limit reached (L02, L03)."""
    return sum(_is_full(name, key, now=now) for name, key in (("L02", source), ("L03", key_of(tenant))))


def _is_full(name: str, key: str, *, now: datetime) -> bool:
    try:
        throttle.peek(name, key=key, now=now)
    except Throttled:
        return True
    return False


def _count_source(source: str, *, now: datetime) -> None:
    with suppress(Throttled):
        throttle.check("L02", key=source, now=now)


def _tenant_of(user: User | None, by_domain: Tenant | None) -> Tenant | None:
    """Return whose name it is; a person stays with their tenant whatever became of the domain."""
    if user is None or (by_domain and by_domain.pk == user.tenant_id):
        return by_domain
    return find_tenant(user.tenant_id)


def _draft(
    folded: str,
    *,
    subject: str,
    user: User | None,
    tenant: Tenant | None,
    key: Secret,
    language: str,
    now: datetime,
) -> RecoveryAttempt:
    place = str(tenant.pk) if tenant else folded.partition("@")[2]
    seed = decoys.seed_of(folded, place=place, secret=secret_for(decoys.SECRET_NAME))
    return RecoveryAttempt(
        id=uuid4(),
        cookie_digest=attempts.digest_of(key),
        subject=subject,
        tenant=tenant,
        user=user,
        language=language,
        created_at=now,
        expires_at=now + attempts.LIFETIME,
        decoy_seed=seed,
        decoy_initial=decoys.initial_of(folded, seed),
    )


def _judge(attempt: RecoveryAttempt) -> State:
    """Put the verdict on the attempt and return its first state.

    That is the same for every name of a tenant, unless the tenant has people told why they cannot reset.
    """
    policy = first_look(attempt).policy
    # The person's own number would say who is an administrator; it stands here from the first right proof on.
    attempt.gates_required = policy.gates_required
    attempt.policy_version = policy.version
    if attempt.sspr_code and policy.explain_reason:
        return _end_with_reason(attempt)
    return next_state(State.IDENTIFY, Event.NAMED_WITH_CHOICE if policy.allow_unlock else Event.NAMED)


def _end_with_reason(attempt: RecoveryAttempt) -> State:
    """End an attempt on page 1, where the tenant wants people to know why they cannot reset."""
    attempt.ended_at = attempt.created_at
    attempt.end_reason = trail.FAILED[attempt.sspr_code][: attempts.LONGEST_REASON]
    return next_state(State.IDENTIFY, Event.TOLD_WHY)


def _entries(attempt: RecoveryAttempt) -> tuple[Entry, Entry, Entry]:
    started = trail.entry(Activity.USER_STARTED_PASSWORD_RESET, attempt)
    submitted = trail.progress(attempt, trail.SUBMITTED_USER_ID)
    if attempt.sspr_code:
        why = trail.FAILED[attempt.sspr_code]
        return submitted, trail.progress(attempt, why, result=Result.FAILURE), started
    return submitted, trail.progress(attempt, trail.PRESENTED), started
