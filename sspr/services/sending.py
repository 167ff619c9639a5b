"""Puts a code on its way; for a decoy, or a number that is not the one on file, the same work and nothing sent."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import phonenumbers
from django.views.decorators.debug import sensitive_variables

from sspr.models import Gate
from sspr.situation import Situation, sms_rules
from users.models.challenge import Purpose
from users.services import challenges
from users.services.challenges import Destination
from users.services.sending_limits import why_held_back

CHANNEL_OF: Final[dict[Gate, str]] = {
    Gate.EMAIL: "email",
    Gate.MOBILE_SMS: "sms",
    Gate.MOBILE_VOICE: "voice",
    Gate.OFFICE_VOICE: "voice",
}
DECOY_NUMBER: Final = "+1 202 555 0100"
"""What is compared where there is no number; nobody has it."""
LONGEST_NUMBER: Final = 64


@sensitive_variables()
def send(situation: Situation, gate: Gate, *, value: str, now: datetime) -> None:
    """Send a code to ``value``, empty for none; limits of destinations decide, and the message trace alone tells."""
    attempt, channel = situation.attempt, CHANNEL_OF[gate]
    held_back = why_held_back(
        tenant_id=situation.tenant.pk,
        channel=channel,
        value=value,
        now=now,
        rules=sms_rules(situation.policy),
        decoy_key=f"{attempt.subject}:{gate}",
    )
    challenges.issue(
        tenant_id=situation.tenant.pk,
        user=situation.user,
        purpose=Purpose.SELF_SERVICE,
        bound_to=attempt.pk,
        destination=Destination(method=gate.value, channel=channel, value=value, held_back=held_back),
        context={"tenant_name": situation.tenant.name},
        language=language_of(situation),
        now=now,
        minutes=situation.policy.code_minutes,
        correlation_id=attempt.pk,
    )


def language_of(situation: Situation) -> str:
    """Return the language of the person, that of the page for whoever is not there."""
    user = situation.user
    return (user.preferred_language or situation.tenant.language) if user else situation.attempt.language


@sensitive_variables()
def is_same_number(typed: str, on_file: str) -> bool:
    """Tell whether the whole number was typed, with its country or as it is dialled at home."""
    known = _read(on_file or DECOY_NUMBER, region=None)
    given = _read(typed[:LONGEST_NUMBER], region=_region_of(known) if known else None)
    return bool(on_file) and known is not None and given is not None and _plain(known) == _plain(given)


def _region_of(number: phonenumbers.PhoneNumber) -> str | None:
    """Return the country in which a number is dialled without its code; of ranges newer than the library too."""
    code = number.country_code or 0
    return phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(code)


def _read(text: str, *, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _plain(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
