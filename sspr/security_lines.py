"""What is registered of somebody, line by line, as they see it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.outbox.masking import mask
from sspr.models import SecurityAnswer
from users.actors import Actor
from users.models import Contact, ContactKind, MethodKind
from users.services.method_changes import RECOVERY_CODES, SECURITY_QUESTIONS, label_of
from users.services.methods import list_methods
from users.services.recovery_codes import count_recovery_codes

METHOD_OF: Final = {
    ContactKind.ALTERNATE_EMAIL.value: MethodKind.EMAIL.value,
    ContactKind.MOBILE_PHONE.value: MethodKind.MOBILE_PHONE.value,
    ContactKind.OFFICE_PHONE.value: MethodKind.OFFICE_PHONE.value,
}
"""The method that a contact stands in for until it is registered."""
ROUTES: Final = {
    MethodKind.EMAIL.value: "sspr:security-info-email",
    MethodKind.EXTRA_EMAIL.value: "sspr:security-info-extra-email",
    MethodKind.MOBILE_PHONE.value: "sspr:security-info-phone",
    MethodKind.ALTERNATE_PHONE.value: "sspr:security-info-alternate-phone",
    MethodKind.OFFICE_PHONE.value: "sspr:security-info-office",
    SECURITY_QUESTIONS: "sspr:security-info-questions",
    RECOVERY_CODES: "sspr:security-info-codes",
}
"""Where each kind is changed; an app is removed and added anew."""
ICONS: Final = {
    MethodKind.EMAIL.value: "mail",
    MethodKind.EXTRA_EMAIL.value: "mail",
    MethodKind.AUTHENTICATOR.value: "key",
    SECURITY_QUESTIONS: "help",
    RECOVERY_CODES: "shield",
}
UNCONFIRMED: Final = _("Not confirmed yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that proves who the person is; ``id`` is empty where it is no method of its own."""

    kind: str
    label: str
    value: str
    id: UUID | None = None
    state: str | Promise = ""
    since: datetime | None = None
    is_default: bool = False
    is_contact: bool = False
    change_route: str = ""
    icon: str = "phone"


def lines_of(actor: Actor, *, is_masked: bool = False) -> list[Line]:
    """List what proves who somebody is; four queries, inside the scope."""
    methods = list_methods(actor.user)
    lines = [
        Line(
            kind=method.kind,
            label=label_of(method.kind),
            value=_shown(method.value, is_masked=is_masked) or method.label,
            id=method.pk,
            state="" if method.proven_at else _("Not confirmed yet"),
            since=method.created_at,
            is_default=method.is_default,
            change_route=ROUTES.get(method.kind, ""),
            icon=ICONS.get(method.kind, "phone"),
        )
        for method in methods
    ]
    had = {method.kind for method in methods}
    lines += _contacts(actor, had, is_masked=is_masked)
    return lines + _beside(actor)


def _contacts(actor: Actor, had: set[str], *, is_masked: bool) -> list[Line]:
    """List contact data that stands in for a method that is not registered."""
    contacts = Contact.objects.filter(user=actor.user).order_by("kind")
    return [
        Line(
            kind=contact.kind,
            label=label_of(contact.kind),
            value=_shown(contact.value, is_masked=is_masked),
            state=_("Your contact data") if contact.proven_at else UNCONFIRMED,
            since=contact.changed_at,
            is_contact=True,
            change_route=ROUTES[METHOD_OF[contact.kind]],
            icon=ICONS.get(METHOD_OF[contact.kind], "phone"),
        )
        for contact in contacts
        if METHOD_OF[contact.kind] not in had
    ]


def _beside(actor: Actor) -> list[Line]:
    answers, codes = SecurityAnswer.objects.filter(user=actor.user).count(), count_recovery_codes(actor.user)
    counted = ((SECURITY_QUESTIONS, answers), (RECOVERY_CODES, codes))
    return [
        Line(kind=kind, label=label_of(kind), value=str(number), change_route=ROUTES[kind], icon=ICONS[kind])
        for kind, number in counted
        if number
    ]


def _shown(value: str, *, is_masked: bool) -> str:
    return mask(value) if is_masked and value else value
