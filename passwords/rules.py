"""The rules that hold for one person: the tenant's policy and the person's flags."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, cast

from django.conf import settings
from django.db.models import Model

from adminportal.queries import Question, load, to_load
from passwords.models import PasswordPolicy
from passwords.policy import PersonWords, PolicyRules, Profile, rules_of
from users.models import Tenant, User
from users.targets import TargetFacts

PRODUCT_NAME = "adminportal"
MODELS: Final[dict[str, type[Model]]] = {"p": PasswordPolicy}
POLICY = "SELECT {columns} FROM passwords_passwordpolicy p WHERE p.tenant_id = %s"


def policy_question(tenant: Tenant) -> Question:
    """Return what :func:`policy_of` asks, to be asked ahead."""
    return to_load(POLICY, [tenant.pk], models=MODELS)


def policy_of(tenant: Tenant) -> PasswordPolicy:
    """Return the tenant's policy, the defaults where none was saved."""
    for (policy,) in load(POLICY, [tenant.pk], models=MODELS):
        policy.tenant = tenant
        return cast(PasswordPolicy, policy)
    return PasswordPolicy(tenant=tenant)


def rules_for(user: User, *, policy: PasswordPolicy, tenant: Tenant) -> PolicyRules:
    """Return the rules that this person's password must obey."""
    return rules_of(
        Profile(policy.profile),
        strong_required=user.strong_password_required,
        custom_terms=tuple(policy.custom_terms),
        banned_scoring=policy.banned_scoring,
        blocklist=policy.blocklist,
        tenant_name=tenant.name,
        history_depth=policy.history_depth,
    )


def words_of(user: User) -> PersonWords:
    """Return the words that must not stand in this person's password."""
    return PersonWords(
        first_name=user.given_name,
        last_name=user.surname,
        user_name=user.upn_folded,
        product_name=getattr(settings, "PRODUCT_NAME", PRODUCT_NAME),
    )


def temporary_expiry(target: TargetFacts, *, policy: PasswordPolicy, now: datetime) -> datetime | None:
    """Return when a temporary password given now ends; None where the tenant let it live forever."""
    hours = policy.temporary_lifetime_hours
    if hours and target.holds_role:
        hours = min(hours, policy.temporary_lifetime_hours_for_roles)
    return now + timedelta(hours=hours) if hours else None
