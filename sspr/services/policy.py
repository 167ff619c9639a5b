"""The one way to change the settings of self-service, whichever blade they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from adminportal.audit.tags import Activity
from adminportal.outbox.channels import is_set_up
from sspr.models import Reach, SsprPolicy
from sspr.policy_settings import SETTINGS, Kind, Value, faults_of, values_of
from sspr.rules import policy_of
from sspr.services.lock_out import LockOut, count_lock_out
from users.access import may_with_proof
from users.actors import Actor, reload_actor
from users.models import Group, Tenant
from users.permissions import Permission
from users.services.people import Refused
from users.services.tenant_records import record_on_tenant

CHANGE: Final = Activity.SELF_SERVICE_PASSWORD_RESET_POLICY_CHANGES


class SettingsRefused(Exception):
    """Some settings cannot be as they were asked for; ``faults`` has a code for each column. Nothing was changed."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(*sorted(faults))
        self.faults = faults


class SettingsChanged(Exception):
    """Somebody else changed the settings meanwhile; nothing was changed by this one."""


class LockOutNotConfirmed(Exception):
    """People would be left unable to reset, and that number was not confirmed. Nothing was changed."""

    def __init__(self, lock_out: LockOut) -> None:
        super().__init__(lock_out.count)
        self.lock_out = lock_out


def channels_set_up() -> frozenset[str]:
    """Return the ways of sending beside mail that the operator set up."""
    return frozenset(kind for kind in ("sms", "voice") if is_set_up(kind))


def change_policy(
    *, actor: Actor, values: Mapping[str, Value], version: int, now: datetime, accepted: int = 0
) -> list[str]:
    """Write those settings that differ from what is stored, and return their columns; acts at the next request.

    ``version`` is that of the settings which the actor saw; ``accepted`` is how many people they confirmed to leave
    unable to reset. Counts everybody before it locks anything: a few queries, however many people there are.

    :raises Refused: without the right, or without a fresh proof; nothing was changed.
    :raises SettingsRefused: when a value, or what they are together, is not allowed; nothing was changed.
    :raises SettingsChanged: when the stored settings are newer than ``version``; nothing was changed.
    :raises LockOutNotConfirmed: when the change leaves another number of people unable to reset than was accepted.
    """
    decision = may_with_proof(actor, Permission.SSPR_SETTINGS_WRITE, now=now)
    if decision.allowed:
        before = policy_of(actor.tenant)
        _require(before, values, version=version)
        lock_out = count_lock_out(before, with_values(before, values), now=now)
        if lock_out.count not in (0, accepted):
            raise LockOutNotConfirmed(lock_out)
        with transaction.atomic():
            Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
            decision = may_with_proof(reload_actor(actor), Permission.SSPR_SETTINGS_WRITE, now=now)
            if decision.allowed:
                return _write(actor, values, version=version, lock_out=lock_out, now=now)
    record_on_tenant(actor, CHANGE, reason=decision.code, now=now)
    raise Refused(decision)


def with_values(policy: SsprPolicy, values: Mapping[str, Value]) -> SsprPolicy:
    """Return the settings as they would be; nothing is stored."""
    return SsprPolicy(tenant=policy.tenant, version=policy.version, **_all_values(policy, values))


def _require(policy: SsprPolicy, values: Mapping[str, Value], *, version: int) -> None:
    if policy.version != version:
        raise SettingsChanged
    every = _all_values(policy, values)
    wanted = {column: every[column] for column in SETTINGS}
    faults = faults_of(wanted, before=values_of(policy), channels=channels_set_up())
    if wanted["group_id"] and not Group.objects.filter(pk=wanted["group_id"]).exists():
        faults = {**faults, "group_id": "no_such_group"}
    if faults:
        raise SettingsRefused(faults)


def _all_values(policy: SsprPolicy, values: Mapping[str, Value]) -> dict[str, Any]:
    """Return every setting with the new values in; a group is kept only where it says who is meant."""
    wanted = {**_columns_of(policy), **values}
    return wanted if wanted["reach"] == Reach.SELECTED else {**wanted, "group_id": None}


def _columns_of(policy: SsprPolicy) -> dict[str, Any]:
    kept = ("pk", "tenant", "version", "group")
    others = {
        field.attname: getattr(policy, field.attname)
        for field in SsprPolicy._meta.concrete_fields
        if field.name not in kept
    }
    return {**others, "group_id": policy.group_id}


def _write(actor: Actor, values: Mapping[str, Value], *, version: int, lock_out: LockOut, now: datetime) -> list[str]:
    policy = policy_of(actor.tenant)
    _require(policy, values, version=version)
    old, wanted = values_of(policy), _all_values(policy, values)
    changed = [column for column in SETTINGS if old[column] != wanted[column]]
    if not changed:
        return []
    modified = tuple((SETTINGS[each].named, _told(each, old[each]), _told(each, wanted[each])) for each in changed)
    for column in changed:
        setattr(policy, column, wanted[column])
    policy.version += 1
    if policy._state.adding:
        policy.save(force_insert=True)
    else:
        policy.save(update_fields=[*changed, "version"])
    details = {"LeftUnableToReset": str(lock_out.count)} if lock_out.count else {}
    record_on_tenant(actor, CHANGE, modified=modified, details=details, now=now)
    return changed


def _told(column: str, value: Value) -> str:
    """Return a value as the audit log keeps it: a group by its name, a list in its order."""
    setting = SETTINGS[column]
    if setting.kind is Kind.GROUP:
        return Group.objects.get(pk=value).name if value else ""
    return ", ".join(value) if setting.kind in (Kind.CODES, Kind.COUNTRIES) else str(value)
