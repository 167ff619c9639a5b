"""THE reset: the one function by which every caller gives people a new password.

Callers differ in their authority alone. A batch of one and a bulk of many run the same lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal import correlation, sealing
from adminportal.outbox.enqueue import enqueue
from adminportal.sealing import Secret
from passwords.authority import Authority
from passwords.generator import generate
from passwords.models import PasswordHistory, PasswordPolicy, PasswordReset, RevealLink
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.policy import RuleName, Violation, judge
from passwords.reveal import SEAL_PURPOSE, SEALED_FOR, withdraw
from passwords.rules import policy_of, rules_for, temporary_expiry, words_of
from passwords.services.reset_messages import Delivery, circular_address, plan_delivery
from passwords.services.reset_records import record_done, record_refused
from users.access import Decision
from users.models import Contact, ContactKind, Tenant, User
from users.services.lockout import clear as clear_lockouts
from users.sessions import end_all_sessions
from users.targets import TargetFacts, load_facts

WRITTEN = (
    "password",
    "password_issued_at",
    "password_changed_at",
    "is_temporary",
    "must_change",
    "temporary_expires_at",
    "sessions_valid_from",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """The batch on its way through the steps."""

    tenant: Tenant
    authority: Authority
    options: ResetOptions
    policy: PasswordPolicy
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """One order that passed the first questions; the hash is made, nothing is changed yet."""

    order: ResetOrder
    password: Secret
    hashed: str


@sensitive_variables()
def reset_passwords(
    *, tenant: Tenant, orders: Sequence[ResetOrder], authority: Authority, options: ResetOptions, now: datetime
) -> list[ResetOutcome]:
    """Give each person of the batch a new password and answer for each of them, in the order asked.

    One hash a person (two where a password was chosen and history counts), two short transactions at most; not
    inside a transaction, but inside the tenant's scope. One refusal never stops the others.

    :raises HashingBusy: when no hash slot came free in time; people before it in the batch are not changed either.
    """
    job = _Job(tenant=tenant, authority=authority, options=options, policy=policy_of(tenant), now=now)
    outcomes = _repeated(job, orders)
    facts = _facts_of([order.user_id for order in orders])
    prepared: list[_Prepared] = []
    for order in (order for order in orders if order.user_id not in outcomes):
        ready = _prepare(job, order, facts.get(order.user_id))
        if isinstance(ready, _Prepared):
            prepared.append(ready)
        else:
            outcomes[order.user_id] = ready
    outcomes |= _commit(job, prepared)
    refused = [outcome for outcome in outcomes.values() if outcome.end is ResetEnd.REFUSED]
    record_refused(tenant, refused, facts, authority=authority, options=options, now=now)
    return [outcomes[order.user_id] for order in orders]


def _repeated(job: _Job, orders: Sequence[ResetOrder]) -> dict[UUID, ResetOutcome]:
    """Find what an earlier submit of the same form has done already."""
    rows = PasswordReset.objects.filter(
        idempotency_key=_form_key(job),
        target__in=[order.user_id for order in orders],
        starter_id=job.authority.starter_id,
        outcome=PasswordReset.Outcome.DONE,
    )
    return {row.target_id: _done(row, is_repeat=True) for row in rows}


def _form_key(job: _Job) -> str:
    """Bind the key of a form to whoever submits it: somebody else's key neither collides nor finds a result."""
    return hashlib.sha256(f"{job.authority.starter_id}:{job.options.idempotency_key}".encode()).hexdigest()


def _facts_of(user_ids: Sequence[UUID]) -> dict[UUID, TargetFacts]:
    return load_facts(User.objects.filter(pk__in=user_ids))


@sensitive_variables()
def _prepare(job: _Job, order: ResetOrder, target: TargetFacts | None) -> _Prepared | ResetOutcome:
    """Ask authority, then addresses and policy, and only then hash."""
    if target is None:
        return _refusal(order.user_id, Decision(allowed=False, code="NOT_FOUND"))
    decision = job.authority.reaches(target, now=job.now)
    if not decision.allowed:
        return _refusal(order.user_id, decision)
    circular = circular_address(target.user, job.options.deliver_to)
    if circular:
        values = {"address": circular, "user": target.user.display_name}
        return _refusal(order.user_id, Decision(allowed=False, code="RESET_CIRCULAR_RECIPIENT", values=values))
    password, violations = _password_for(job, order, target.user)
    if violations:
        values = {"rules": ", ".join(violation.rule for violation in violations)}
        outcome = _refusal(order.user_id, Decision(allowed=False, code="RESET_POLICY", values=values))
        return ResetOutcome(
            user_id=order.user_id, end=outcome.end, code=outcome.code, values=values, violations=violations
        )
    return _Prepared(order=order, password=password, hashed=make_password(password.expose()))


@sensitive_variables()
def _password_for(job: _Job, order: ResetOrder, user: User) -> tuple[Secret, tuple[Violation, ...]]:
    rules, words = rules_for(user, policy=job.policy, tenant=job.tenant), words_of(user)
    if order.password is None:
        return generate(style=job.options.style, rules=rules, person=words), ()
    violations = judge(order.password, rules=rules, person=words)
    remembers = job.policy.history_on_reset and rules.history_depth > 0 and user.has_usable_password()
    if not violations and remembers and check_password(order.password.expose(), user.password):
        violations = (Violation(rule=RuleName.HISTORY),)
    return order.password, violations


@sensitive_variables()
def _commit(job: _Job, prepared: list[_Prepared]) -> dict[UUID, ResetOutcome]:
    """Ask authority again under the row locks, and change everything of the batch in one transaction."""
    if not prepared:
        return {}
    with transaction.atomic():
        locked = User.objects.select_for_update(of=("self",)).filter(pk__in=[ready.order.user_id for ready in prepared])
        facts = load_facts(locked.order_by("pk"))
        authority = job.authority.refreshed()
        outcomes = _repeated(job, [ready.order for ready in prepared])
        changed: list[tuple[_Prepared, TargetFacts, Decision]] = []
        for ready in prepared:
            target = facts.get(ready.order.user_id)
            decision = authority.reaches(target, now=job.now) if target else Decision(allowed=False, code="NOT_FOUND")
            if ready.order.user_id in outcomes:
                continue
            if target is None or not decision.allowed:
                outcomes[ready.order.user_id] = _refusal(ready.order.user_id, decision)
                continue
            changed.append((ready, target, decision))
        return outcomes | _write(job, changed)


@sensitive_variables()
def _write(job: _Job, changed: list[tuple[_Prepared, TargetFacts, Decision]]) -> dict[UUID, ResetOutcome]:
    """Write the batch: hashes, sessions, locks, history, results, messages and audit rows."""
    if not changed:
        return {}
    people = [target.user for _ready, target, _decision in changed]
    _keep_history(job, people)
    withdraw(people, now=job.now)
    resets = [_apply(job, ready, target, decision) for ready, target, decision in changed]
    User.objects.bulk_update(people, WRITTEN)
    end_all_sessions([user.pk for user in people], now=job.now)
    clear_lockouts([user.upn_folded for user in people])
    PasswordReset.objects.bulk_create(resets)
    deliveries = _deliver(job, people, resets)
    record_done(job.tenant, people, resets, deliveries, authority=job.authority, now=job.now)
    return {reset.target_id: _done(reset) for reset in resets}


def _keep_history(job: _Job, people: list[User]) -> None:
    PasswordHistory.objects.bulk_create(
        PasswordHistory(tenant=job.tenant, user=user, password=user.password, retired_at=job.now)
        for user in people
        if user.has_usable_password() and not user.is_temporary
    )


@sensitive_variables()
def _apply(job: _Job, ready: _Prepared, target: TargetFacts, decision: Decision) -> PasswordReset:
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
        entrance=job.authority.entrance,
        idempotency_key=_form_key(job),
        outcome=PasswordReset.Outcome.DONE,
        acting_role=decision.acting_role or "",
        reason=options.reason,
        ticket=options.ticket,
        correlation_id=correlation.current().correlation_id,
        must_change=options.must_change,
        style=options.style.value if ready.order.password is None else "",
        created_at=now,
        temporary_expires_at=expires_at,
        sealed_password=sealing.seal(SEAL_PURPOSE, ready.password, context=str(reset_id)),
        sealed_until=min(now + SEALED_FOR, expires_at) if expires_at else now + SEALED_FOR,
    )


def _deliver(job: _Job, people: list[User], resets: list[PasswordReset]) -> list[Delivery]:
    """Put the messages of the whole batch into the outbox."""
    alternate = Contact.objects.filter(user__in=people, kind=ContactKind.ALTERNATE_EMAIL)
    addresses = dict(alternate.values_list("user_id", "value"))
    deliveries = [
        plan_delivery(job.tenant, user, reset, alternate=addresses.get(user.pk, ""), options=job.options, now=job.now)
        for user, reset in zip(people, resets, strict=True)
    ]
    RevealLink.objects.bulk_create(link for delivery in deliveries for link in delivery.links)
    enqueue(*(draft for delivery in deliveries for draft in delivery.drafts), now=job.now)
    return deliveries


def _refusal(user_id: UUID, decision: Decision) -> ResetOutcome:
    return ResetOutcome(user_id=user_id, end=ResetEnd.REFUSED, code=decision.code, values=decision.values)


def _done(row: PasswordReset, *, is_repeat: bool = False) -> ResetOutcome:
    return ResetOutcome(user_id=row.target_id, end=ResetEnd.DONE, reset_id=row.pk, is_repeat=is_repeat)
