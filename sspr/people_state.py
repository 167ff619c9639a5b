"""Registered, enabled, capable: the three words of the reports, as functions of what the rule says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from sspr.eligibility import ALL_GATES, PersonFacts, judge
from sspr.models import Gate, Reach, SsprPolicy
from users.models import Tenant

ENABLED_CODES: Final = frozenset({"", "SSPR_0010", "SSPR_0014"})
REGISTERED_CODES: Final = frozenset({"", "SSPR_0010"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfServiceState:
    """What the reports say of a person; capable is registered and enabled, and nothing else in the way."""

    is_registered: bool
    is_enabled: bool
    is_capable: bool
    is_mfa_capable: bool


def state_of(
    facts: PersonFacts, *, policy: SsprPolicy, tenant: Tenant, available: Collection[Gate] = ALL_GATES
) -> SelfServiceState:
    """Say whether somebody registered as many methods as are required, may reset, and can."""
    code = judge(facts, policy=policy, tenant=tenant, available=available).code
    in_scope = judge(in_scope_of(facts), policy=for_everybody(policy), tenant=tenant, available=available)
    return SelfServiceState(
        is_registered=in_scope.code in REGISTERED_CODES,
        is_enabled=code in ENABLED_CODES,
        is_capable=not code,
        is_mfa_capable=facts.has_second_factor,
    )


def in_scope_of(facts: PersonFacts) -> PersonFacts:
    """Return the facts of somebody who is meant to reset and lacks nothing but what they would register."""
    return replace(facts, is_enabled=True, is_guest=False, is_federated=False, is_licensed=True)


def for_everybody(policy: SsprPolicy) -> SsprPolicy:
    """Return the same settings, enabled for all."""
    values = {field.attname: getattr(policy, field.attname) for field in SsprPolicy._meta.concrete_fields}
    return SsprPolicy(**{**values, "reach": Reach.ALL.value, "group_id": None, "admins_may_use": True})
