"""Whether a code may be sent to a destination now: numbers, prefixes, addresses, countries and the day's budget.

Each limit is asked, and counted, before anything is sent. A refusal is for the log and for administrators alone:
whoever asked for the code reads the same as if it were on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import phonenumbers
from django.conf import settings
from django.db import transaction
from phonenumbers import PhoneNumber, PhoneNumberType

from adminportal.audit.record import Entry, masked_contact, record
from adminportal.audit.tags import Activity
from adminportal.outbox.channels import is_set_up
from adminportal.outbox.models import Channel, Failure
from adminportal.throttle import Throttled, check, peek
from users.actors import SYSTEM

COSTLY: Final = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
"""Kinds of numbers that are nobody's phone, or that somebody earns by."""
NO_COUNTRY: Final = "001"
"""The region of numbers that belong to no country: satellites, and services that cost more than a call."""
PREFIX_LEAVES_OUT: Final = 4
"""Last digits that numbers of one prefix differ in."""
COUNTED: Final = {
    Channel.EMAIL.value: ("L13", "L13_DAY"),
    Channel.SMS.value: ("L12", "L12_DAY"),
    Channel.VOICE.value: ("L16", "L16_DAY"),
}
"""Limits of one destination."""
WHOLE: Final = "installation"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsRules:
    """What an organisation allows of texts and calls: how many in 24 hours, to which countries (none named: all)."""

    a_day: int = 500
    countries: frozenset[str] = frozenset()


def default_rules(tenant_id: UUID) -> SmsRules:
    """Return what holds for an organisation that nobody knows the settings of."""
    return SmsRules()


_rules_of: Callable[[UUID], SmsRules] = default_rules


def register_rules(rules_of: Callable[[UUID], SmsRules]) -> None:
    """Ask ``rules_of(tenant_id)`` for what an organisation allows, wherever a caller brings no rules."""
    global _rules_of
    _rules_of = rules_of


def may_send(
    *, tenant_id: UUID, channel: str, value: str, now: datetime, rules: SmsRules | None = None, decoy_key: str = ""
) -> bool:
    """Count one message to a destination, and tell whether it may be sent, as :func:`why_held_back` does."""
    held = why_held_back(tenant_id=tenant_id, channel=channel, value=value, now=now, rules=rules, decoy_key=decoy_key)
    return held is None


def why_held_back(
    *, tenant_id: UUID, channel: str, value: str, now: datetime, rules: SmsRules | None = None, decoy_key: str = ""
) -> Failure | None:
    """Count one message to a destination, and say why it may not be sent, or None; not inside a transaction.

    An empty ``value`` is a decoy: it is counted under ``decoy_key`` at the same cost, and spends nobody's budget.
    """
    if channel == Channel.EMAIL:
        return _count(COUNTED[channel], value.strip().casefold() or f"decoy:{decoy_key}", now=now)
    rules = rules or _rules_of(tenant_id)
    number = _read(value)
    if value and (number is None or not may_reach(value, countries=rules.countries)):
        return Failure.HELD_BACK_KIND
    place = _written(number) if number else f"decoy:{decoy_key}"
    return _count(COUNTED[channel], place, now=now) or _count_budgets(
        tenant_id=tenant_id, place=place, is_decoy=number is None, rules=rules, now=now
    )


def sms_is_available(*, tenant_id: UUID, now: datetime, rules: SmsRules | None = None) -> bool:
    """Tell whether text messages can be offered: there is a channel, and the budget of the day is not spent."""
    return is_set_up(Channel.SMS) and budget_is_left(tenant_id=tenant_id, now=now, rules=rules)


def budget_is_left(*, tenant_id: UUID, now: datetime, rules: SmsRules | None = None) -> bool:
    """Tell whether the day's budget of text messages and calls is not spent; without a query where neither is sent."""
    if not (is_set_up(Channel.SMS) or is_set_up(Channel.VOICE)):
        return True
    try:
        peek("L15", key=str(tenant_id), now=now, number=(rules or _rules_of(tenant_id)).a_day)
        peek("L15_INSTALLATION", key=WHOLE, now=now, number=settings.SMS_A_DAY)
    except Throttled:
        return False
    return True


def may_reach(value: str, *, countries: frozenset[str] = frozenset()) -> bool:
    """Tell whether text messages and calls go to a number: it is of no costly kind, and its country is allowed."""
    return is_allowed(region_reached(value), countries)


def is_reached(value: str, *, tenant_id: UUID, rules: SmsRules | None = None) -> bool:
    """Tell whether text messages and calls go to a number under what the organisation allows."""
    return may_reach(value, countries=(rules or _rules_of(tenant_id)).countries)


def region_reached(value: str) -> str:
    """Return the country of a number, empty where nothing may go: it is none, of a costly kind or of no country."""
    number = _read(value)
    if number is None or phonenumbers.number_type(number) in COSTLY:
        return ""
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    return "" if region == NO_COUNTRY else region


def is_allowed(region: str, countries: frozenset[str]) -> bool:
    """Tell whether these countries, all where none is named, allow what goes to one that ``region_reached`` gave."""
    return bool(region) and (not countries or region in countries)


def count_change_code(user_id: UUID, *, now: datetime) -> None:
    """Count one code for a change of somebody's contact data or methods; not inside a transaction.

    :raises Throttled: when there were too many.
    """
    check("L22", key=str(user_id), now=now)
    check("L22_DAY", key=str(user_id), now=now)


def _count_budgets(*, tenant_id: UUID, place: str, is_decoy: bool, rules: SmsRules, now: datetime) -> Failure | None:
    shared_by, whole = (f"decoy:{tenant_id}", f"decoy:{WHOLE}") if is_decoy else (str(tenant_id), WHOLE)
    try:
        check("L14", key=place[:-PREFIX_LEAVES_OUT], now=now)
        check("L15", key=shared_by, now=now, number=rules.a_day)
        check("L15_INSTALLATION", key=whole, now=now, number=settings.SMS_A_DAY)
    except Throttled as limit:
        if not is_decoy:
            _alert(limit, tenant_id=tenant_id, place=place, now=now)
        return Failure.HELD_BACK_PREFIX if limit.limit.name == "L14" else Failure.HELD_BACK_BUDGET
    return None


def _count(names: tuple[str, ...], place: str, *, now: datetime) -> Failure | None:
    try:
        for name in names:
            check(name, key=place, now=now)
    except Throttled:
        return Failure.HELD_BACK_PLACE
    return None


def _alert(refused: Throttled, *, tenant_id: UUID, place: str, now: datetime) -> None:
    """Tell administrators once an hour and reason; a flood of refusals is no flood of rows."""
    name = refused.limit.name
    try:
        check("SMS_ALERT", key=f"{tenant_id} {name}", now=now)
    except Throttled:
        return
    entry = Entry(
        tenant_id=tenant_id,
        activity=Activity.TEXT_MESSAGES_HELD_BACK,
        actor=SYSTEM,
        reason=f"limit {name} reached",
        details={"Limit": name, "Number": str(refused.limit.number), "Destination": masked_contact(place)},
    )
    with transaction.atomic():
        record(entry, now=now)


def _read(value: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _written(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
