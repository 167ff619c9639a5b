"""What administrators set for their organisation: switches, numbers, words and choices, each with its right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final, TypeAlias

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction

from adminportal.audit.tags import Activity
from users.access import Decision, may_with_proof
from users.actors import Actor, reload_actor
from users.models import ContactKind, Tenant
from users.moments import ZONES
from users.permissions import Permission
from users.services.people import Refused
from users.services.tenant_records import record_on_tenant

Value: TypeAlias = bool | int | str | list[str]


class Kind(Enum):
    """What a setting holds: text is one line, a link is ``https://`` or empty, codes are some of those it names.

    A contact is an address, a telephone number or empty; a zone is a name of the time zone database.
    """

    SWITCH = auto()
    NUMBER = auto()
    TEXT = auto()
    LINK = auto()
    CONTACT = auto()
    CODES = auto()
    ZONE = auto()


@dataclass(frozen=True, slots=True)
class Setting:
    """A column of the tenant; numbers lie between ``least`` and ``most``, texts and links have ``most`` characters.

    ``zero`` allows 0 beside them, which switches off; ``right`` is what changing it takes.
    """

    column: str
    named: str
    kind: Kind = Kind.SWITCH
    least: int = 0
    most: int = 0
    codes: tuple[str, ...] = ()
    zero: bool = False
    right: Permission = Permission.ORG_SETTINGS_WRITE


_LOCKOUT: Final = Permission.PASSWORD_POLICY_WRITE
_READING: Final = {
    Permission.ORG_SETTINGS_WRITE: Permission.ORG_SETTINGS_READ,
    Permission.PASSWORD_POLICY_WRITE: Permission.PASSWORD_POLICY_READ,
}
"""What seeing a setting takes, by what changing it takes."""
SETTINGS: Final = {
    setting.column: setting
    for setting in (
        Setting("time_zone", "region.time_zone", Kind.ZONE, most=64),
        Setting("password_in_mail", "delivery.password_in_mail"),
        Setting("notify_user_on_admin_reset", "notify.user_on_admin_reset"),
        Setting("fresh_contact_hours", "delivery.fresh_contact_hours", Kind.NUMBER, 0, 168),
        Setting("force_change_locked", "reset.force_change_locked"),
        Setting("reset_reason_required", "reset.reason_required"),
        Setting("show_full_contact_to_readers", "privacy.show_full_contact_to_readers"),
        Setting("managed_contacts", "contacts.managed", Kind.CODES, codes=tuple(ContactKind.values)),
        Setting("managed_by", "contacts.managed_by", Kind.TEXT, most=128),
        Setting("managed_contact", "contacts.managed_contact", Kind.TEXT, most=254),
        Setting("support_url", "support.url", Kind.LINK, most=254),
        Setting("support_contact", "support.contact", Kind.CONTACT, most=254),
        Setting("admin_mfa_required", "security.admin_mfa_required"),
        Setting("trusted_device_days", "security.trusted_device_days", Kind.NUMBER, 0, 90),
        Setting("step_up_minutes", "security.step_up_minutes", Kind.NUMBER, 0, 60),
        Setting("lockout_threshold", "lockout.threshold", Kind.NUMBER, 3, 50, right=_LOCKOUT),
        Setting("lockout_seconds", "lockout.seconds", Kind.NUMBER, 30, 3_600, right=_LOCKOUT),
        Setting("lockout_hard_stop", "lockout.hard_stop", Kind.NUMBER, 10, 1_000, zero=True, right=_LOCKOUT),
    )
}
"""Every setting with the name that the specification and the audit log give it, and its limits."""

is_https: Final = URLValidator(schemes=["https"])
"""Raises where a link of an organisation, which strangers see, is no complete ``https://`` address."""
NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().\-/]{2,60}( ?(x|ext\.?) ?[0-9]{1,7})?", re.IGNORECASE)
"""A telephone number as people write it, with or without its country: a help desk may have a short one."""


def is_contact(text: str) -> None:
    """Raise where a contact, which strangers see, is neither an address nor a telephone number.

    :raises ValidationError: when it is neither.
    """
    if not NUMBER.fullmatch(text):
        validate_email(text)


_CHECKS: Final[Mapping[Kind, Callable[[str], None]]] = {Kind.LINK: is_https, Kind.CONTACT: is_contact}


class NotBetween(ValueError):
    """A number or the length of a text is outside its limits; nothing was changed."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.column)
        self.setting = setting


class NotAllowed(ValueError):
    """A link is not ``https://``, a contact no address or number, a code or zone unknown; nothing was changed."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.column)
        self.setting = setting


class SourceMissing(ValueError):
    """Contact data is looked after elsewhere, and nothing says where; nothing was changed."""


class ChangedMeanwhile(Exception):
    """Somebody else changed these columns since they were shown; nothing was changed."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(", ".join(columns))
        self.columns = columns


def readable_settings(actor: Actor) -> frozenset[str]:
    """Return the columns of the settings that the actor may see."""
    return frozenset(column for column, each in SETTINGS.items() if actor.may(_READING[each.right]))


def changeable_settings(actor: Actor) -> frozenset[str]:
    """Return the columns of the settings that the actor may change."""
    return frozenset(column for column, each in SETTINGS.items() if actor.may(each.right))


def change_settings(
    *, actor: Actor, values: Mapping[str, Value], shown: Mapping[str, Value] | None = None, now: datetime
) -> list[str]:
    """Write those settings that differ from what is stored, and return their columns.

    ``shown`` are the values that the actor had before them: what somebody else set meanwhile is not written over.

    :raises Refused: without the right to one of them, or without a fresh proof; nothing was changed.
    :raises ChangedMeanwhile: when settings are not as they were shown; nothing was changed.
    :raises NotBetween: when a number or the length of a text is outside its limits; nothing was changed.
    :raises NotAllowed: when a link, a contact, a code or a zone is none; nothing was changed.
    :raises SourceMissing: when contact data would be looked after elsewhere without a source; nothing was changed.
    """
    values = {column: _normal(SETTINGS[column], value) for column, value in values.items()}
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
        decision = _may_change(reload_actor(actor), values, now=now)
        moved = [column for column, value in (shown or {}).items() if getattr(tenant, column) != value]
        if decision.allowed and moved:
            raise ChangedMeanwhile(moved)
        if decision.allowed:
            return _write(tenant, values, actor=actor, now=now)
    record_on_tenant(actor, Activity.UPDATE_COMPANY, reason=decision.code, now=now)
    raise Refused(decision)


def _may_change(actor: Actor, columns: Collection[str], *, now: datetime) -> Decision:
    """Return the first refusal, or that all of it is allowed."""
    rights = sorted({SETTINGS[column].right for column in columns}) or [Permission.ORG_SETTINGS_WRITE]
    decisions = [may_with_proof(actor, right, now=now) for right in rights]
    return next((each for each in decisions if not each.allowed), decisions[0])


def _normal(setting: Setting, value: Value) -> Value:
    if isinstance(value, str):
        return _normal_text(setting, value)
    if isinstance(value, list):
        if not set(value) <= set(setting.codes):
            raise NotAllowed(setting)
        return [code for code in setting.codes if code in value]
    is_off = setting.zero and value == 0
    if setting.kind is Kind.NUMBER and not is_off and not setting.least <= value <= setting.most:
        raise NotBetween(setting)
    return value


def _normal_text(setting: Setting, value: str) -> str:
    text = " ".join(value.split())
    if len(text) > setting.most:
        raise NotBetween(setting)
    if setting.kind is Kind.ZONE and text not in ZONES:
        raise NotAllowed(setting)
    if text and setting.kind in _CHECKS:
        try:
            _CHECKS[setting.kind](text)
        except ValidationError:
            raise NotAllowed(setting) from None
    return text


def _write(tenant: Tenant, values: Mapping[str, Value], *, actor: Actor, now: datetime) -> list[str]:
    changed = {column: value for column, value in values.items() if getattr(tenant, column) != value}
    if not changed:
        return []
    modified = tuple(
        (SETTINGS[column].named, _told(getattr(tenant, column)), _told(value)) for column, value in changed.items()
    )
    for column, value in changed.items():
        setattr(tenant, column, value)
    if {"managed_contacts", "managed_by"} & changed.keys() and tenant.managed_contacts and not tenant.managed_by:
        raise SourceMissing
    tenant.save(update_fields=list(changed))
    record_on_tenant(actor, Activity.UPDATE_COMPANY, modified=modified, now=now)
    return list(changed)


def _told(value: Value) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
