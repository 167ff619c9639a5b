"""What administrators change of somebody else's methods and contact data: with fresh proof, and the person is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from users.access import Decision, has_fresh_proof
from users.actors import Actor, reload_actor
from users.method_rights import Rule, can_edit_contacts, can_remove_authenticator, rule_for
from users.models import AuthenticationMethod, ContactKind, MethodKind, RecoveryCode, User
from users.services.contacts import Changed, change_contact
from users.services.directory_changes import Stopped, lock_people
from users.services.method_changes import Event, MethodChange, follow_method_change
from users.services.methods import MethodMissing, remove_method
from users.services.people import Refused
from users.snapshots import target_of
from users.targets import load_facts

REGISTERED_AGAIN: Final = frozenset(
    {MethodKind.AUTHENTICATOR, MethodKind.MOBILE_PHONE, MethodKind.ALTERNATE_PHONE, MethodKind.OFFICE_PHONE}
)
"""Kinds that *Require re-register* removes, as Entra does; e-mail addresses stay, so that nobody is locked out."""
EVERYTHING: Final = "everything"
"""The kind of a change that is about all methods together."""

Listener = Callable[[User, datetime], None]
_listeners: list[Listener] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """One act of an administrator on one person; ``rule`` is asked under the row lock."""

    actor: Actor
    user_id: UUID
    rule: Rule
    activity: Activity
    now: datetime


def on_registration_required(listener: Listener) -> None:
    """Call ``listener(user, now)`` inside the transaction that asks somebody to register anew; once."""
    if listener not in _listeners:
        _listeners.append(listener)


def remove_method_of(*, actor: Actor, user_id: UUID, method_id: UUID, now: datetime) -> AuthenticationMethod:
    """Remove a method of somebody else and end their sessions. Inside the scope.

    :raises Refused: when the actor may not or has no fresh proof; the audit log says so.
    :raises MethodMissing: when the person has no such method.
    """
    method = AuthenticationMethod.objects.filter(pk=method_id, user=user_id).first()
    if method is None:
        raise MethodMissing(method_id)
    act = _Act(
        actor=actor,
        user_id=user_id,
        rule=rule_for(method.kind),
        activity=Activity.ADMIN_DELETED_SECURITY_INFO,
        now=now,
    )
    with _acting(act) as (user, decision):
        return remove_method(
            tenant=actor.tenant,
            user=user,
            method_id=method_id,
            by=actor.for_audit(),
            now=now,
            entrance="panel",
            acting_role=decision.acting_role or "",
        )


def require_new_registration(*, actor: Actor, user_id: UUID, now: datetime) -> int:
    """Remove apps, numbers and recovery codes of somebody, who is asked to register anew at the next sign-in.

    Returns how many were removed. Every session of the person ends.

    :raises Refused: when the actor may not or has no fresh proof; the audit log says so.
    """
    act = _Act(
        actor=actor,
        user_id=user_id,
        rule=can_remove_authenticator,
        activity=Activity.ADMIN_DELETED_SECURITY_INFO,
        now=now,
    )
    with _acting(act) as (user, decision):
        removed = AuthenticationMethod.objects.filter(user=user, kind__in=REGISTERED_AGAIN).delete()[0]
        removed += RecoveryCode.objects.filter(user=user).delete()[0]
        change = MethodChange(
            tenant=actor.tenant,
            user=user,
            event=Event.REGISTER_AGAIN,
            kind=EVERYTHING,
            by=actor.for_audit(),
            now=now,
            entrance="panel",
            acting_role=decision.acting_role or "",
        )
        follow_method_change(change)
        for listener in _listeners:
            listener(user, now)
    return removed


def change_contacts_of(*, actor: Actor, user_id: UUID, values: Mapping[ContactKind, str], now: datetime) -> int:
    """Change or, with an empty value, remove contact data of somebody else, all or nothing; returns how many were new.

    :raises Refused: when the actor may not or has no fresh proof; the audit log says so.
    :raises users.method_values.ValueRefused: when one is no address or number, or the person's own mailbox.
    """
    act = _Act(actor=actor, user_id=user_id, rule=can_edit_contacts, activity=Activity.UPDATE_USER, now=now)
    with _acting(act) as (user, decision):
        outcomes = [
            change_contact(
                tenant=actor.tenant,
                user=user,
                kind=kind,
                value=value,
                proof=True,
                by=actor.for_audit(),
                now=now,
                entrance="panel",
                acting_role=decision.acting_role or "",
            )
            for kind, value in values.items()
        ]
    return sum(outcome == Changed(is_new=True) for outcome in outcomes)


@contextmanager
def _acting(act: _Act) -> Iterator[tuple[User, Decision]]:
    """Run the block in one transaction under the person's lock; a refusal is recorded by itself."""
    user: User | None = None
    try:
        with transaction.atomic():
            (user,) = lock_people([act.user_id])
            decision = act.rule(reload_actor(act.actor), load_facts([user])[user.pk])
            if decision.allowed and not has_fresh_proof(act.actor, now=act.now):
                decision = Decision(allowed=False, code="RESET_STEP_UP")
            if not decision.allowed:
                raise Stopped(decision.code, **decision.values)
            yield user, decision
    except Stopped as stop:
        with transaction.atomic():
            record(_refusal(act, user, stop.decision), now=act.now)
        raise Refused(stop.decision) from None


def _refusal(act: _Act, user: User | None, decision: Decision) -> Entry:
    return Entry(
        tenant_id=act.actor.tenant.pk,
        activity=act.activity,
        actor=act.actor.for_audit(),
        targets=(target_of(user),) if user else (),
        result=Result.FAILURE,
        reason=decision.code,
        details={"Entrance": "panel", "RefusalCode": decision.code},
    )
