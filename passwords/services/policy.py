"""The one way to change the tenant's password policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias

from django.db import transaction

from adminportal.audit.tags import Activity
from passwords.models import PasswordPolicy
from passwords.policy import Profile, rules_of
from users.access import may_with_proof
from users.actors import Actor, reload_actor
from users.models import Tenant
from users.permissions import Permission
from users.services.people import Refused
from users.services.tenant_records import record_on_tenant

Value: TypeAlias = bool | int | str | list[str]
NAMES: Final = {
    "profile": "password.profile",
    "admin_may_choose": "reset.admin_may_choose",
    "banned_scoring": "password.banned_scoring",
    "custom_terms": "password.custom_terms",
    "blocklist": "password.blocklist",
    "history_depth": "password.history_depth",
    "history_on_reset": "password.history_on_reset",
    "temporary_lifetime_hours": "temp_password.lifetime_hours",
    "temporary_lifetime_hours_for_roles": "temp_password.lifetime_hours_for_roles",
}
"""Every setting of the policy with the name that the audit log gives it."""
LONGEST_LIFE: Final = 720
"""Hours that a temporary password may live at most; 0 means without end."""


class PolicyRefused(ValueError):
    """The settings are outside what their profile allows; nothing was changed."""


class PolicyChanged(Exception):
    """Somebody else changed the policy since it was shown; nothing was changed."""


def change_password_policy(*, actor: Actor, values: Mapping[str, Value], version: int, now: datetime) -> list[str]:
    """Write those settings that differ from what is stored, and return their columns; acts at the next password.

    ``version`` is that of the policy which the actor saw. Going over to the NIST profile takes from administrators the
    choice of passwords, whatever the form said beside it: there it is off until it is switched on by itself.
    Passwords that are in force stay in force.

    :raises Refused: without the right, or without a fresh proof; nothing was changed.
    :raises PolicyChanged: when the stored policy is newer than ``version``; nothing was changed.
    :raises PolicyRefused: when a value is outside its limits; nothing was changed.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
        decision = may_with_proof(reload_actor(actor), Permission.PASSWORD_POLICY_WRITE, now=now)
        if decision.allowed:
            policy = PasswordPolicy.objects.filter(tenant=tenant).first() or PasswordPolicy(tenant=tenant)
            if policy.version != version:
                raise PolicyChanged
            return _write(policy, values, actor=actor, now=now)
    record_on_tenant(actor, Activity.UPDATE_COMPANY, reason=decision.code, now=now)
    raise Refused(decision)


def _write(policy: PasswordPolicy, values: Mapping[str, Value], *, actor: Actor, now: datetime) -> list[str]:
    wanted = {column: values[column] for column in NAMES if column in values}
    if wanted.get("profile") == Profile.NIST and policy.profile != Profile.NIST:
        wanted["admin_may_choose"] = False
    before = {column: getattr(policy, column) for column in wanted}
    changed = [column for column, value in wanted.items() if value != before[column]]
    if not changed:
        return []
    for column in changed:
        setattr(policy, column, wanted[column])
    _require(policy)
    policy.version += 1
    policy.save(update_fields=None if policy._state.adding else [*changed, "version"])
    modified = tuple((NAMES[column], _told(before[column]), _told(wanted[column])) for column in changed)
    record_on_tenant(actor, Activity.UPDATE_COMPANY, modified=modified, now=now)
    return changed


def _require(policy: PasswordPolicy) -> None:
    lives = (policy.temporary_lifetime_hours, policy.temporary_lifetime_hours_for_roles)
    if any(not 0 <= hours <= LONGEST_LIFE for hours in lives):
        raise PolicyRefused(f"A temporary password lives 0 to {LONGEST_LIFE} hours.")
    try:
        profile = Profile(policy.profile)
        rules_of(profile, custom_terms=tuple(policy.custom_terms), history_depth=policy.history_depth)
    except ValueError as problem:
        raise PolicyRefused(str(problem)) from None


def _told(value: Value) -> str:
    """Return what the audit log keeps: of the terms their number, as they help whoever guesses passwords."""
    return f"{len(value)} terms" if isinstance(value, list) else str(value)
