"""Whether a licence decides who may reset their own password (SSPR_0012)."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity
from sspr.models import SsprPolicy
from sspr.rules import policy_of
from sspr.services.lock_out import LockOut, count_lock_out
from sspr.services.policy import LockOutNotConfirmed, with_values
from users.models import Tenant

NAMED: Final = "licensing.mode"
"""The name of the setting in the audit log."""


class Licensing(StrEnum):
    """In a portal tenant nobody needs a licence, else whoever has no assigned one goes the neutral way."""

    PORTAL = "portal"
    MICROSOFT = "microsoft"


def change_licensing(tenant: Tenant, mode: Licensing, *, accepted: int, by: AuditActor, now: datetime) -> LockOut:
    """Set whether licences decide, and return whom that left unable to reset; inside the tenant's scope.

    ``accepted`` is how many people were confirmed to be left so. Nothing is written where the mode is that already.

    :raises LockOutNotConfirmed: when the change leaves another number of people unable to reset than was accepted.
    """
    lock_out = count_lock_out(policy_of(tenant), _under(tenant, mode), now=now)
    if lock_out.count not in (0, accepted):
        raise LockOutNotConfirmed(lock_out)
    with transaction.atomic():
        row = Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)
        if row.licensing_mode != mode:
            modified = ((NAMED, row.licensing_mode, mode.value),)
            row.licensing_mode = mode.value
            row.save(update_fields=["licensing_mode"])
            record(_entry(row, modified, lock_out, by=by), now=now)
    return lock_out


def _under(tenant: Tenant, mode: Licensing) -> SsprPolicy:
    """Return the settings of the tenant as if the mode were changed; nothing is stored."""
    other = copy(tenant)
    other.licensing_mode = mode.value
    settings = with_values(policy_of(tenant), {})
    settings.tenant = other
    return settings


def _entry(tenant: Tenant, modified: tuple[tuple[str, str, str], ...], lock_out: LockOut, *, by: AuditActor) -> Entry:
    return Entry(
        tenant_id=tenant.pk,
        activity=Activity.UPDATE_COMPANY,
        actor=by,
        targets=(Target(id=tenant.pk, display_name=tenant.name, type="Tenant", modified=modified),),
        details={"LeftUnableToReset": str(lock_out.count)} if lock_out.count else {},
    )
