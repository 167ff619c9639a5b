"""What every new password has in common, whoever asks for it: how it is chosen and judged, and how it is written.

The reset and the adding of a person come here with people whom their authority reaches; nobody else writes passwords
of others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.views.decorators.debug import sensitive_variables

from adminportal import correlation, sealing
from adminportal.insertion import insert_rows, row_of
from adminportal.outbox.enqueue import enqueue
from adminportal.queries import Seen, together
from adminportal.sealing import Secret
from adminportal.throttle import Throttled
from passwords.authority import Authority
from passwords.generator import generate
from passwords.models import PasswordHistory, PasswordPolicy, PasswordReset, RevealLink
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome, item_correlation
from passwords.policy import RuleName, Violation, judge
from passwords.reveal import SEALED_FOR, seal_purpose, withdraw
from passwords.rules import rules_for, temporary_expiry, words_of
from passwords.services.history_guesses import is_password_of_now, too_many
from passwords.services.password_columns import save_passwords
from passwords.services.reset_messages import Delivery, circular_address, language_of, plan_delivery
from passwords.services.reset_records import record_done
from passwords.services.role_holder_notices import is_role_holder, list_watchers, notices_of
from users.access import Decision
from users.models import Tenant, User
from users.services.lockout import clear as clear_lockouts
from users.services.reach import Emails, emails_of
from users.sessions import end_all_sessions
from users.targets import TargetFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The batch on its way through the steps; ``seen`` are its people as they were read before the hashes."""

    tenant: Tenant
    authority: Authority
    options: ResetOptions
    policy: PasswordPolicy
    now: datetime
    seen: Seen = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One order that passed the first questions, with its password; nothing is hashed or changed yet."""

    order: ResetOrder
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One order that passed the first questions; the hash is made, nothing is changed yet."""

    order: ResetOrder
    password: Secret
    hashed: str


def form_key(job: Job) -> str:
    """Bind the key of a form to whoever submits it: somebody else's key neither collides nor finds a result."""
    return hashlib.sha256(f"{job.authority.starter_id}:{job.options.idempotency_key}".encode()).hexdigest()


@sensitive_variables()
def prepare(job: Job, order: ResetOrder, user: User) -> Prepared | ResetOutcome:
    """Judge addresses and password for a person whom the authority reaches, and only then hash; nothing is changed.

    :raises HashingBusy: when no hash slot came free in time.
    """
    chosen = choose(job, order, user)
    return hash_chosen(chosen) if isinstance(chosen, Chosen) else chosen


@sensitive_variables()
def hash_chosen(chosen: Chosen) -> Prepared:
    """Make the one hash of an order.

    :raises HashingBusy: when no hash slot came free in time.
    """
    hashed = make_password(chosen.password.expose())
    return Prepared(order=chosen.order, password=chosen.password, hashed=hashed)


@sensitive_variables()
def choose(job: Job, order: ResetOrder, user: User) -> Chosen | ResetOutcome:
    """Judge addresses and password for a person whom the authority reaches, or generate one; nothing is changed.

    :raises HashingBusy: when a chosen password is compared with the one of now, and no hash slot came free in time.
    """
    circular = circular_address(user, (*job.options.deliver_to, *job.options.results_to))
    if circular:
        values = {"address": circular, "user": user.display_name}
        return refusal(order.user_id, Decision(allowed=False, code="RESET_CIRCULAR_RECIPIENT", values=values))
    if order.password is not None and job.authority.is_administrator and not job.policy.admin_may_choose:
        return refusal(order.user_id, Decision(allowed=False, code="RESET_CHOSEN_OFF"))
    try:
        password, violations = _password_for(job, order, user)
    except Throttled as limit:
        return refusal(order.user_id, too_many(limit))
    if violations:
        values = {"rules": ", ".join(violation.rule for violation in violations)}
        decision = Decision(allowed=False, code="RESET_POLICY", values=values)
        return refusal(order.user_id, decision, violations=violations)
    return Chosen(order=order, password=password)


@sensitive_variables()
def _password_for(job: Job, order: ResetOrder, user: User) -> tuple[Secret, tuple[Violation, ...]]:
    rules, words = rules_for(user, policy=job.policy, tenant=job.tenant), words_of(user)
    if order.password is None:
        return generate(style=job.options.style, rules=rules, person=words, language=language_of(user, job.tenant)), ()
    violations = judge(order.password, rules=rules, person=words)
    remembers = job.policy.history_on_reset and rules.history_depth > 0 and user.has_usable_password()
    starter = job.authority.starter_id
    if not violations and remembers and is_password_of_now(order.password, user, starter_id=starter, now=job.now):
        violations = (Violation(rule=RuleName.HISTORY),)
    return order.password, violations


@sensitive_variables()
def write(job: Job, changed: list[tuple[Prepared, TargetFacts, Decision]]) -> dict[UUID, ResetOutcome]:
    """Write the batch: hashes, sessions, locks, history, results, messages and audit rows; inside a transaction.

    All of it happens at ``job.now``, which for people who were there before is no earlier than their locks.
    """
    if not changed:
        return {}
    people = [target.user for _ready, target, _decision in changed]
    # Read before the writes, which then travel in one message.
    emails = emails_of([user.pk for user in people])
    first = frozenset(user.pk for user in people if user.password_issued_at is None)
    told = [target for _ready, target, _decision in changed if job.options.tells_admins and target.user.pk not in first]
    watchers = list_watchers(told)
    with together():
        _keep_history(job, people)
        withdraw(people, now=job.now)
        resets = [_apply(job, ready, target, decision) for ready, target, decision in changed]
        save_passwords(people)
        end_all_sessions([user.pk for user in people], now=job.now)
        clear_lockouts([user.upn_folded for user in people])
        insert_rows(PasswordReset, map(row_of, resets))
        deliveries = _deliver(job, people, resets, emails)
        _tell_watchers(job, told, resets, watchers)
        record_done(job.tenant, people, resets, deliveries, first=first, authority=job.authority, now=job.now)
    return {reset.target_id: done(reset) for reset in resets}


def _keep_history(job: Job, people: list[User]) -> None:
    retired = [user for user in people if user.has_usable_password() and not user.is_temporary]
    shared = {"tenant_id": job.tenant.pk, "retired_at": job.now}
    insert_rows(PasswordHistory, [{**shared, "user_id": user.pk, "password": user.password} for user in retired])


@sensitive_variables()
def _apply(job: Job, ready: Prepared, target: TargetFacts, decision: Decision) -> PasswordReset:
    """Put the new state on the person and return the row of this reset, not yet saved."""
    user, options, now = target.user, job.options, job.now
    expires_at = None
    if options.must_change:
        expires_at = temporary_expiry(target, policy=job.policy, now=now)
        if options.lifetime_hours:
            expires_at = now + timedelta(hours=options.lifetime_hours)
    user.password = ready.hashed
    user.password_issued_at = user.password_changed_at = user.sessions_valid_from = now
    user.is_temporary = user.must_change = options.must_change
    user.temporary_expires_at = expires_at
    reset_id = uuid4()
    return PasswordReset(
        id=reset_id,
        tenant=job.tenant,
        target=user,
        starter_id=job.authority.starter_id,
        starter_name=job.authority.for_audit().display_name,
        job_id=options.job_id,
        is_blind=options.blind,
        entrance=job.authority.entrance,
        idempotency_key=form_key(job),
        outcome=PasswordReset.Outcome.DONE,
        acting_role=decision.acting_role or "",
        acting_unit=decision.acting_unit,
        reason=options.reason,
        ticket=options.ticket,
        correlation_id=item_correlation(options.job_id, user.pk) or correlation.current().correlation_id,
        must_change=options.must_change,
        style=options.style.value if ready.order.password is None else "",
        created_at=now,
        temporary_expires_at=expires_at,
        **_sealed(job, ready, reset_id=reset_id, expires_at=expires_at),
    )


@sensitive_variables()
def _sealed(job: Job, ready: Prepared, *, reset_id: UUID, expires_at: datetime | None) -> dict[str, Any]:
    """Return the columns that keep the result for whoever may be shown it."""
    if not job.options.keeps_result:
        return {}
    until = job.now + SEALED_FOR
    return {
        "sealed_password": sealing.seal(seal_purpose(job.options.job_id), ready.password, context=str(reset_id)),
        "sealed_until": min(until, expires_at) if expires_at else until,
    }


def _deliver(
    job: Job, people: list[User], resets: list[PasswordReset], emails: Mapping[UUID, Emails]
) -> list[Delivery]:
    """Put the messages of the whole batch into the outbox."""
    deliveries = [
        plan_delivery(job.tenant, user, reset, emails=emails[user.pk], options=job.options, now=job.now)
        for user, reset in zip(people, resets, strict=True)
    ]
    insert_rows(RevealLink, (row_of(link) for delivery in deliveries for link in delivery.links))
    enqueue(*(draft for delivery in deliveries for draft in delivery.drafts), now=job.now)
    return deliveries


def _tell_watchers(
    job: Job, told: Sequence[TargetFacts], resets: Sequence[PasswordReset], watchers: Sequence[User]
) -> None:
    by_person = {reset.target_id: reset for reset in resets}
    holders = [target.user for target in told if is_role_holder(target)]
    notices = (notices_of(job.tenant, user, by_person[user.pk], watchers, now=job.now) for user in holders)
    enqueue(*(draft for drafts in notices for draft in drafts), now=job.now)


def refusal(user_id: UUID, decision: Decision, *, violations: tuple[Violation, ...] = ()) -> ResetOutcome:
    """Return the end of an order that changed nothing."""
    return ResetOutcome(
        user_id=user_id, end=ResetEnd.REFUSED, code=decision.code, values=decision.values, violations=violations
    )


def done(row: PasswordReset, *, is_repeat: bool = False) -> ResetOutcome:
    """Return the end of an order that was carried out, now or by an earlier submit of the same form."""
    return ResetOutcome(user_id=row.target_id, end=ResetEnd.DONE, reset_id=row.pk, is_repeat=is_repeat)
