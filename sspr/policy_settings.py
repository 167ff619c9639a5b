"""Every setting of self-service as one table: its blade, its range, and the name that the audit log gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import phonenumbers

from sspr.models import Gate, Reach, SsprPolicy
from users.addresses import is_address

Value = Any
"""What a column of the settings holds: a switch, a number, a text, a list of codes, or a group's id."""


class Blade(StrEnum):
    """The pages whose settings are saved together."""

    PROPERTIES = "properties"
    METHODS = "authentication-methods"
    REGISTRATION = "registration"
    NOTIFICATIONS = "notifications"
    CUSTOMIZATION = "customization"
    ADMINISTRATORS = "administrator-policy"
    ADVANCED = "advanced"


class Kind(StrEnum):
    """What a setting is made of."""

    SWITCH = "switch"
    NUMBER = "number"
    CHOICE = "choice"
    CODES = "codes"
    TEXT = "text"
    GROUP = "group"
    COUNTRIES = "countries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One column; a number lies between ``least`` and ``most``, a choice or a list is made of ``codes``."""

    column: str
    named: str
    blade: Blade
    kind: Kind = Kind.SWITCH
    least: int = 0
    most: int = 0
    codes: frozenset[str] = frozenset()


def _switch(column: str, named: str, blade: Blade) -> Setting:
    return Setting(column=column, named=named, blade=blade)


def _number(column: str, named: str, blade: Blade, least: int, most: int) -> Setting:
    return Setting(column=column, named=named, blade=blade, kind=Kind.NUMBER, least=least, most=most)


OFFERED_GATES: Final = tuple(gate for gate in Gate if gate is not Gate.RECOVERY_CODE)
"""Methods that a tenant ticks; recovery codes are nobody's to switch on."""

SETTINGS: Final[dict[str, Setting]] = {
    setting.column: setting
    for setting in (
        Setting(
            column="reach",
            named="sspr.enabled",
            blade=Blade.PROPERTIES,
            kind=Kind.CHOICE,
            codes=frozenset(Reach.values),
        ),
        Setting(column="group_id", named="sspr.group", blade=Blade.PROPERTIES, kind=Kind.GROUP),
        _switch("allow_unlock", "sspr.allow_unlock", Blade.PROPERTIES),
        _number("gates_required", "sspr.methods_required", Blade.METHODS, 1, 2),
        _switch("two_gates_with_second_factor", "sspr.mfa_users_two_methods", Blade.METHODS),
        Setting(
            column="gates",
            named="sspr.methods",
            blade=Blade.METHODS,
            kind=Kind.CODES,
            codes=frozenset(gate.value for gate in OFFERED_GATES),
        ),
        _number("questions_to_register", "sspr.questions_to_register", Blade.METHODS, 3, 5),
        _number("questions_to_reset", "sspr.questions_to_reset", Blade.METHODS, 3, 5),
        _switch("must_register", "sspr.require_registration", Blade.REGISTRATION),
        _number("reconfirm_days", "sspr.reconfirm_days", Blade.REGISTRATION, 0, 730),
        _switch("notify_users", "sspr.notify_users", Blade.NOTIFICATIONS),
        _switch("notify_admins", "sspr.notify_admins", Blade.NOTIFICATIONS),
        _switch("customize_helpdesk", "sspr.customize_helpdesk", Blade.CUSTOMIZATION),
        Setting(
            column="helpdesk_link", named="sspr.helpdesk_link", blade=Blade.CUSTOMIZATION, kind=Kind.TEXT, most=254
        ),
        _switch("admins_may_use", "sspr.administrators_may_use", Blade.ADMINISTRATORS),
        _number("admin_wait_minutes", "sspr.administrators_wait_minutes", Blade.ADMINISTRATORS, 0, 60),
        _number("code_minutes", "sspr.code_minutes", Blade.ADVANCED, 2, 10),
        _switch("explain_reason", "sspr.explain_reason", Blade.ADVANCED),
        _switch("questions_redraw_on_error", "sspr.questions_redraw_on_error", Blade.ADVANCED),
        _switch("questions_alone", "sspr.questions_alone", Blade.ADVANCED),
        _number("sends_lock_hours", "limits.sends_lock_hours", Blade.ADVANCED, 0, 24),
        _number("start_lock_hours", "limits.l01_lock_hours", Blade.ADVANCED, 0, 24),
        _number("sms_a_day", "limits.sms_a_day", Blade.ADVANCED, 0, 5_000),
        Setting(
            column="sms_countries",
            named="limits.sms_countries",
            blade=Blade.ADVANCED,
            kind=Kind.COUNTRIES,
            codes=frozenset(phonenumbers.SUPPORTED_REGIONS),
        ),
    )
}

CHANNEL_OF: Final[dict[str, str]] = {Gate.MOBILE_SMS: "sms", Gate.MOBILE_VOICE: "voice", Gate.OFFICE_VOICE: "voice"}
"""Which way of sending a method needs; the others need none beside mail."""


def values_of(policy: SsprPolicy) -> dict[str, Value]:
    """Return every setting of a policy by its column."""
    return {column: getattr(policy, column) for column in SETTINGS}


def columns_of(blade: Blade) -> tuple[str, ...]:
    """Return the columns that a blade saves."""
    return tuple(column for column, setting in SETTINGS.items() if setting.blade is blade)


_UNFIT: Final = {"sms_countries": "country"}


def usable_gates(gates: Iterable[str], *, channels: frozenset[str]) -> set[str]:
    """Return those methods whose way of sending is set up; the others stay ticked and are offered to nobody."""
    return {gate for gate in gates if CHANNEL_OF.get(gate, "") in channels | {""}}


def faults_of(values: Mapping[str, Value], *, before: Mapping[str, Value], channels: frozenset[str]) -> dict[str, str]:
    """Judge the settings as they would be together; return a code for each column that cannot be.

    ``channels`` are the ways of sending that are set up. A method that was ticked ``before`` its channel went away
    may stay, and counts for nothing.
    """
    faults = {column: _UNFIT.get(column, "range") for column in values if not _fits(SETTINGS[column], values[column])}
    if faults:
        return faults
    added = set(values["gates"]) - set(before["gates"])
    unsendable = added - usable_gates(added, channels=channels)
    if unsendable:
        return {"gates": "no_sms" if "sms" in {CHANNEL_OF[gate] for gate in unsendable} else "no_voice"}
    usable = usable_gates(values["gates"], channels=channels)
    return {**_fault_of_reach(values), **_faults_of_gates(values, usable), **_fault_of_link(values)}


def _fits(setting: Setting, value: Value) -> bool:
    if setting.kind is Kind.SWITCH:
        return isinstance(value, bool)
    if setting.kind is Kind.NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and setting.least <= value <= setting.most
    if setting.kind is Kind.CHOICE:
        return value in setting.codes
    if setting.kind in (Kind.CODES, Kind.COUNTRIES):
        return isinstance(value, list) and len(set(value)) == len(value) and set(value) <= setting.codes
    if setting.kind is Kind.TEXT:
        return isinstance(value, str) and len(value) <= setting.most
    return True


def _fault_of_reach(values: Mapping[str, Value]) -> dict[str, str]:
    return {"group_id": "no_group"} if values["reach"] == Reach.SELECTED and not values["group_id"] else {}


def _faults_of_gates(values: Mapping[str, Value], gates: set[str]) -> dict[str, str]:
    faults = {}
    if not gates:
        faults["gates"] = "no_method"
    elif Gate.APP in gates and len(gates) <= values["gates_required"]:
        faults["gates"] = "app_needs_one" if values["gates_required"] == 1 else "app_needs_two"
    elif gates == {Gate.QUESTIONS.value} and not values["questions_alone"]:
        faults["gates"] = "questions_alone"
    elif len(gates) < values["gates_required"]:
        faults["gates"] = "too_few"
    if values["questions_to_reset"] > values["questions_to_register"]:
        faults["questions_to_reset"] = "more_than_registered"
    return faults


def _fault_of_link(values: Mapping[str, Value]) -> dict[str, str]:
    link = values["helpdesk_link"]
    if not link:
        return {"helpdesk_link": "no_link"} if values["customize_helpdesk"] else {}
    return {} if is_link(link) else {"helpdesk_link": "link"}


def is_link(text: str) -> bool:
    """Tell whether a text is an e-mail address or an ``https`` address with a host and without a password."""
    if "@" in text and "/" not in text:
        return is_address(text)
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    is_plain = text.isprintable() and not any(letter.isspace() or letter in "\"'<>\\" for letter in text)
    return bool(parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and has_port and is_plain)
