"""Why somebody could not get back in by themselves, in words for administrators; it decides nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sspr.crowd import Stance
from sspr.eligibility import ADMIN_GATES, ALL_GATES, PersonFacts, judge, required_of
from sspr.models import Gate, SsprPolicy
from users.models import Tenant


class Reason(StrEnum):
    """What stands in the way; ordered as they are listed."""

    NO_DATA = "no-data"
    OWN_MAILBOX = "own-mailbox"
    ONE_MISSING = "one-missing"
    NOT_OFFERED = "not-offered"
    DISABLED = "disabled"
    OUT_OF_SCOPE = "out-of-scope"
    ADMINS_OFF = "administrators-off"
    NO_LICENCE = "no-licence"
    DIRECTORY = "directory"
    BLOCKED = "blocked"
    GUEST = "guest"
    FEDERATED = "federated"
    OFF = "off"


WORDS: Final[dict[Reason, tuple[str | Promise, str | Promise]]] = {
    Reason.NO_DATA: (_("Nothing registered"), _("No address, number or app is known that a code could go to.")),
    Reason.OWN_MAILBOX: (
        _("Only their own mailbox"),
        _("The only alternate address is the mailbox that they are locked out of."),
    ),
    Reason.ONE_MISSING: (_("One of two missing"), _("Two methods are needed, and one more is missing.")),
    Reason.NOT_OFFERED: (
        _("Only methods that are not offered"),
        _("What they registered is not enabled in Authentication methods, or cannot be sent."),
    ),
    Reason.DISABLED: (
        _("Method disabled"),
        _("A method was answered wrongly too often and has to be registered again."),
    ),
    Reason.OUT_OF_SCOPE: (_("Outside the group"), _("Reset is enabled for a group that they are not in.")),
    Reason.ADMINS_OFF: (_("Switched off for administrators"), _("The administrator policy switches it off for them.")),
    Reason.NO_LICENCE: (_("No license"), _("Licensing is on, and they have no license that includes it.")),
    Reason.DIRECTORY: (
        _("Password kept in a directory"),
        _("The password is kept in a directory, and writeback is off."),
    ),
    Reason.BLOCKED: (_("Sign-in blocked"), _("An administrator blocked their sign-in.")),
    Reason.GUEST: (_("Guest"), _("Guests reset their password at their own organization.")),
    Reason.FEDERATED: (_("Federated domain"), _("The password is kept by the sign-in service of their domain.")),
    Reason.OFF: (_("Reset is off"), _("Self-service password reset is enabled for nobody.")),
}

BY_CODE: Final = {
    "SSPR_0009": Reason.OFF,
    "SSPR_0010": Reason.DIRECTORY,
    "SSPR_0011": Reason.ADMINS_OFF,
    "SSPR_0012": Reason.NO_LICENCE,
    "SSPR_0013": Reason.OUT_OF_SCOPE,
    "SSPR_X102": Reason.BLOCKED,
    "SSPR_X104": Reason.GUEST,
    "SSPR_X105": Reason.FEDERATED,
}
HELPED_BY_REGISTERING: Final = frozenset(
    {Reason.NO_DATA, Reason.OWN_MAILBOX, Reason.ONE_MISSING, Reason.NOT_OFFERED, Reason.DISABLED}
)
"""Who lacks nothing but what they can register themselves."""
NOT_MEANT_TO: Final = frozenset({Reason.BLOCKED, Reason.GUEST, Reason.FEDERATED})
"""Who is not meant to get back in here at all; they are counted beside the others."""


def reason_of(
    stance: Stance, *, policy: SsprPolicy, tenant: Tenant, available: Collection[Gate] = ALL_GATES
) -> Reason | None:
    """Say what stands in somebody's way under these settings, or None where they can reset."""
    facts = stance.facts
    verdict = judge(facts, policy=policy, tenant=tenant, available=available)
    if verdict.is_able:
        return None
    if verdict.code in BY_CODE:
        return BY_CODE[verdict.code]
    cured = replace(facts, disabled=frozenset())
    if facts.disabled and judge(cured, policy=policy, tenant=tenant, available=available).is_able:
        return Reason.DISABLED
    if required_of(facts, policy) > 1 and _has_one(facts, policy, available):
        return Reason.ONE_MISSING
    if facts.ways:
        return Reason.NOT_OFFERED
    return Reason.OWN_MAILBOX if stance.has_own_mailbox else Reason.NO_DATA


def _has_one(facts: PersonFacts, policy: SsprPolicy, available: Collection[Gate]) -> bool:
    """Tell whether one method would count, if another one stood beside it."""
    allowed = ADMIN_GATES if facts.is_protected else {Gate(gate) for gate in policy.gates}
    usable = {way.gate for way in facts.ways if way.gate in allowed and way.gate in available} - facts.disabled
    has_answers = Gate.QUESTIONS in policy.gates and facts.answers >= policy.questions_to_reset and not facts.held
    return bool(usable) or has_answers or bool(facts.recovery_codes and not facts.is_protected)
