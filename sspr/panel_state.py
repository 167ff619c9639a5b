"""What user panel and list of people say of self-service: registered, enabled, capable, and why it is not so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sspr.crowd import Stance, stance_of
from sspr.facts import available_gates, load_known
from sspr.models import Gate, SsprPolicy
from sspr.people_state import SelfServiceState, for_everybody, in_scope_of, state_of
from sspr.reasons import WORDS, Reason, reason_of
from sspr.rules import policy_of
from users.models import Tenant
from users.panel_sections import Standing, StandingLine
from users.targets import TargetFacts

REGISTERED: Final[Promise] = _("Registered")
ENABLED: Final[Promise] = _("Enabled")
CAPABLE: Final[Promise] = _("Capable")


def standing_of(target: TargetFacts, tenant: Tenant) -> tuple[StandingLine, ...]:
    """Say what the reports say of one person, and why not; three queries, inside the scope.

    A pause after wrong proofs is no part of it: it passes by itself, and the panel tells it beside the password.
    """
    policy, pk = policy_of(tenant), target.user.pk
    known = load_known([target.user], policy=policy, targets={pk: target})[pk]
    available = available_gates(policy)
    state = state_of(known.facts, policy=policy, tenant=tenant, available=available)
    if state.is_capable:
        return tuple(StandingLine(label=str(label)) for label in (REGISTERED, ENABLED, CAPABLE))
    stance = stance_of(known, own_mailboxes={pk} if known.has_own_mailbox else set())
    why = reason_of(stance, policy=policy, tenant=tenant, available=available)
    missing = None if state.is_registered else _missing(stance, policy, tenant, available)
    return (
        StandingLine(label=str(REGISTERED), reason=_words(missing)),
        StandingLine(label=str(ENABLED), reason="" if state.is_enabled else _words(why)),
        StandingLine(label=str(CAPABLE), reason=_words(why)),
    )


def standings_of(targets: Mapping[UUID, TargetFacts], tenant: Tenant) -> dict[UUID, Standing]:
    """Say it in few words of the people of a page; three queries for any two thousand, inside the scope."""
    policy = policy_of(tenant)
    known = load_known([each.user for each in targets.values()], policy=policy, targets=targets)
    available = available_gates(policy)
    states = {pk: state_of(each.facts, policy=policy, tenant=tenant, available=available) for pk, each in known.items()}
    return {pk: _in_few_words(state) for pk, state in states.items()}


def _in_few_words(state: SelfServiceState) -> Standing:
    if state.is_capable:
        return Standing(kind="good", text=gettext("Capable"))
    if state.is_registered and state.is_enabled:
        return Standing(kind="warn", text=gettext("Registered and enabled"))
    if state.is_registered:
        return Standing(kind="none", text=gettext("Registered, not enabled"))
    if state.is_enabled:
        return Standing(kind="warn", text=gettext("Enabled, not registered"))
    return Standing(kind="none", text=gettext("Neither registered nor enabled"))


def _missing(stance: Stance, policy: SsprPolicy, tenant: Tenant, available: Collection[Gate]) -> Reason | None:
    """Return what is missing, whether or not the person is among those for whom reset is on."""
    anybody = replace(stance, facts=in_scope_of(stance.facts))
    return reason_of(anybody, policy=for_everybody(policy), tenant=tenant, available=available)


def _words(reason: Reason | None) -> str:
    return str(WORDS[reason][1]) if reason else ""
