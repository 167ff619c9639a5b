"""What the user panel shows of somebody's authentication methods, and which of them this reader may remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adminportal.outbox.masking import mask
from users.actors import Actor
from users.method_rights import can_edit_contacts, can_remove_authenticator, rule_for
from users.models import AuthenticationMethod, MethodKind, User
from users.panel import Person
from users.refusals import sentence
from users.services.contacts import list_waiting
from users.services.method_changes import label_of
from users.services.methods import list_methods
from users.services.recovery_codes import count_recovery_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodLine:
    """One registered method, masked; ``reason`` says why this reader may not remove it, or nothing."""

    id: UUID
    label: str
    value: str
    created_at: datetime
    is_proven: bool
    is_default: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A change of contact data that waits."""

    label: str
    new_value: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMethods:
    """All of it, with the reasons against the two commands of the section."""

    lines: list[MethodLine]
    recovery_codes: int
    waiting: list[WaitingLine]
    contact_reason: str
    register_reason: str


def methods_of(person: Person, *, actor: Actor) -> PersonMethods:
    """Read what somebody registered and what waits; three queries."""
    return PersonMethods(
        lines=[_line(method, person, actor=actor) for method in list_methods(person.user)],
        recovery_codes=count_recovery_codes(person.user),
        waiting=_waiting(person.user),
        contact_reason=sentence(can_edit_contacts(actor, person.facts)),
        register_reason=sentence(can_remove_authenticator(actor, person.facts)),
    )


def shown_value(method: AuthenticationMethod) -> str:
    """Return what a method is recognised by: its masked value, or what its owner calls an app."""
    return method.label if method.kind == MethodKind.AUTHENTICATOR else mask(method.value)


def _line(method: AuthenticationMethod, person: Person, *, actor: Actor) -> MethodLine:
    return MethodLine(
        id=method.pk,
        label=label_of(method.kind),
        value=shown_value(method),
        created_at=method.created_at,
        is_proven=method.proven_at is not None,
        is_default=method.is_default,
        reason=sentence(rule_for(method.kind)(actor, person.facts)),
    )


def _waiting(user: User) -> list[WaitingLine]:
    return [
        WaitingLine(
            label=label_of(change.kind),
            new_value=mask(change.new_value) if change.new_value else "",
            due_at=change.due_at,
        )
        for change in list_waiting(user)
    ]
