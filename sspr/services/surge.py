"""Many people of one tenant begin at once (L03): every browser works harder, and administrators are told."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from adminportal import throttle
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from adminportal.throttle import Throttled
from users.actors import SYSTEM
from users.models import Tenant

NO_TENANT: Final = "no tenant"
"""Where names of no domain are counted."""


def key_of(tenant: Tenant | None) -> str:
    """Return what the attempts of a tenant are counted under."""
    return str(tenant.pk) if tenant else NO_TENANT


def count_start(tenant: Tenant | None, *, now: datetime) -> None:
    """Count an attempt that begins; nobody is refused. Not inside a transaction."""
    try:
        throttle.check("L03", key=key_of(tenant), now=now)
    except Throttled as limit:
        _alert(limit, tenant, now=now)


def _alert(reached: Throttled, tenant: Tenant | None, *, now: datetime) -> None:
    """Write one row an hour, of the installation where the names belong to nobody: the work tells no tenant."""
    try:
        throttle.check("START_ALERT", key=key_of(tenant), now=now)
    except Throttled:
        return
    entry = Entry(
        tenant_id=tenant.pk if tenant else None,
        activity=Activity.SELF_SERVICE_PASSWORD_RESET_SLOWED_DOWN,
        actor=SYSTEM,
        reason="limit L03 reached",
        details={"Limit": "L03", "Number": str(reached.limit.number)},
    )
    with transaction.atomic():
        record(entry, now=now)
