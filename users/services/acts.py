"""Acts on people beside a reset: block, sign out, unlock, force a change, flags. One person is a batch of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from adminportal import clock
from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Result
from users.access import Decision
from users.act_rules import RULES, Act, ActRule, rule_of
from users.actors import Actor
from users.authority import ActAuthority, AdminActs
from users.models import Tenant, User
from users.services.lockout import clear as clear_lockouts
from users.services.people import Refused, global_admins
from users.sessions import end_all_sessions
from users.snapshots import target_of
from users.targets import TargetFacts, load_facts

__all__ = ["Act", "ActOutcome", "Refused", "act_on_people", "act_on_person", "on_block", "rule_of"]

LONGEST_REASON = 256
"""Characters of a reason for a block that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOutcome:
    """How the act on one person ended; ``changed`` is false also where everything was so already."""

    user_id: UUID
    decision: Decision
    changed: bool


Settle = Callable[[Sequence[ActOutcome]], None]
Listener = Callable[[Collection[UUID], datetime], None]
_listeners: list[Listener] = []


def on_block(listener: Listener) -> None:
    """Call ``listener`` with the ids of the people inside the transaction of every block; once."""
    if listener not in _listeners:
        _listeners.append(listener)


def act_on_person(*, actor: Actor, act: Act, user_id: UUID, reason: str = "", now: datetime) -> ActOutcome:
    """Do one act to one person, from the panel.

    :raises Refused: when the rule of the act forbids it, the person holds a role and the actor has no fresh proof, or
        it is the last enabled Global Administrator.
    """
    (outcome,) = act_on_people(
        tenant=actor.tenant, act=act, user_ids=[user_id], authority=AdminActs(actor=actor), reason=reason, now=now
    )
    if not outcome.decision.allowed:
        raise Refused(outcome.decision)
    return outcome


def act_on_people(
    *,
    tenant: Tenant,
    act: Act,
    user_ids: Sequence[UUID],
    authority: ActAuthority,
    reason: str = "",
    now: datetime,
    settle: Settle | None = None,
) -> list[ActOutcome]:
    """Do one act to each of these people and answer for each of them, in the order asked.

    One transaction for what is done and one for what is refused, so that no rollback erases a refusal; ``settle`` is
    called inside each of them with its outcomes. Not inside a transaction, but inside the tenant's scope. ``reason``
    is kept with a block.
    """
    batch = _Batch(tenant=tenant, act=act, authority=authority, reason=reason, now=now)
    with transaction.atomic():
        facts = _lock(batch, user_ids)
        decisions = _decide(batch, facts)
        changed = [
            facts[user_id]
            for user_id, decision in decisions.items()
            if decision.allowed and _differs(facts[user_id].user, RULES[act])
        ]
        _write(batch, changed)
        outcomes = _outcomes(user_ids, decisions, changed={target.user.pk for target in changed})
        done = [outcome for outcome in outcomes if outcome.decision.allowed]
        record(*(_entry(batch, each, facts) for each in done if each.changed), now=now)
        if settle and done:
            settle(done)
    _record_refused(batch, [outcome for outcome in outcomes if not outcome.decision.allowed], facts, settle)
    return outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    tenant: Tenant
    act: Act
    authority: ActAuthority
    reason: str
    now: datetime


def _lock(batch: _Batch, user_ids: Sequence[UUID]) -> dict[UUID, TargetFacts]:
    """Take the rows in the order of their ids; whatever may end the last Global Administrator waits for the tenant."""
    if RULES[batch.act].keeps_last_admin:
        Tenant.objects.select_for_update(no_key=True).get(pk=batch.tenant.pk)
    rows = User.objects.select_for_update(of=("self",), no_key=True).filter(tenant=batch.tenant, pk__in=set(user_ids))
    return load_facts(rows.order_by("pk"))


def _decide(batch: _Batch, facts: dict[UUID, TargetFacts]) -> dict[UUID, Decision]:
    """Ask the authority as it is now; of the Global Administrators in the batch the last one is left out."""
    authority = batch.authority.refreshed()
    decisions = {user_id: authority.reaches(target, batch.act, now=batch.now) for user_id, target in facts.items()}
    if not RULES[batch.act].keeps_last_admin or not any(target.held for target in facts.values()):
        return decisions
    left = set(global_admins().values_list("pk", flat=True))
    for user_id in facts:
        if not decisions[user_id].allowed or user_id not in left:
            continue
        if len(left) == 1:
            decisions[user_id] = Decision(allowed=False, code="LAST_GLOBAL_ADMIN")
        else:
            left.remove(user_id)
    return decisions


def _differs(user: User, rule: ActRule) -> bool:
    return not rule.flag or getattr(user, rule.flag) != rule.to


def _write(batch: _Batch, changed: list[TargetFacts]) -> None:
    """Write what the table says; a fixed number of statements for one and for many."""
    # The moment of the locks: what was begun while they were waited for is older.
    rule, now = RULES[batch.act], max(batch.now, clock.now())
    ids = [target.user.pk for target in changed]
    if not ids:
        return
    columns: dict[str, object] = {rule.flag: rule.to} if rule.flag else {}
    if rule.marks_sessions:
        columns["sessions_valid_from"] = now
    if rule.flag == "account_enabled":
        columns["block_reason"] = "" if rule.to else batch.reason[:LONGEST_REASON]
    if columns:
        User.objects.filter(pk__in=ids).update(**columns)
    if rule.ends_sessions:
        end_all_sessions(ids, now=now)
    if rule.ends_locks:
        clear_lockouts([target.user.upn_folded for target in changed])
    if rule.withdraws_links:
        for listener in _listeners:
            listener(ids, now)


def _outcomes(
    user_ids: Sequence[UUID], decisions: dict[UUID, Decision], *, changed: Collection[UUID]
) -> list[ActOutcome]:
    unknown = Decision(allowed=False, code="NOT_FOUND")
    return [
        ActOutcome(user_id=user_id, decision=decisions.get(user_id, unknown), changed=user_id in changed)
        for user_id in dict.fromkeys(user_ids)
    ]


def _record_refused(
    batch: _Batch, refused: list[ActOutcome], facts: dict[UUID, TargetFacts], settle: Settle | None
) -> None:
    if not refused:
        return
    with transaction.atomic():
        record(*(_entry(batch, each, facts) for each in refused), now=batch.now)
        if settle:
            settle(refused)


def _entry(batch: _Batch, outcome: ActOutcome, facts: dict[UUID, TargetFacts]) -> Entry:
    """Return the audit row of one person; of a refused act it names the code, of a done one the change."""
    decision, known = outcome.decision, facts.get(outcome.user_id)
    details = {
        "Entrance": batch.authority.entrance,
        "ActingRole": decision.acting_role or "",
        "ActingUnit": decision.acting_unit,
        "RefusalCode": decision.code,
        "Reason": batch.reason,
        **batch.authority.details_of(outcome.user_id),
    }
    return Entry(
        tenant_id=batch.tenant.pk,
        activity=RULES[batch.act].activity,
        actor=batch.authority.for_audit(),
        targets=(_target(known.user, batch.act, is_done=outcome.changed) if known else _unknown(outcome.user_id),),
        result=Result.SUCCESS if decision.allowed else Result.FAILURE,
        reason=decision.code,
        details={key: value for key, value in details.items() if value},
        correlation_id=batch.authority.correlation_of(outcome.user_id),
    )


def _target(user: User, act: Act, *, is_done: bool) -> Target:
    return target_of(user, (RULES[act].told,) if is_done and RULES[act].flag else ())


def _unknown(user_id: UUID) -> Target:
    return Target(id=user_id, display_name="")
