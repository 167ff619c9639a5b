"""Notes who read the log of a tenant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, Entry, record
from adminportal.audit.tags import Activity

NOTED_EVERY: Final = timedelta(hours=1)
"""One row for all that somebody reads in this time: a row a page would bury what the log is for."""


def note_reading(*, tenant_id: UUID, actor: Actor, now: datetime) -> None:
    """Write that the actor reads the log, unless that stands there for the last hour."""
    noted = AuditEvent.objects.filter(
        tenant_id=tenant_id, actor_id=actor.id, occurred_at__gt=now - NOTED_EVERY, activity=Activity.VIEWED_AUDIT
    )
    if noted.exists():
        return
    with transaction.atomic():
        record(Entry(tenant_id=tenant_id, activity=Activity.VIEWED_AUDIT, actor=actor), now=now)
