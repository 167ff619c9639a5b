"""The audit rows of what administrators do to the organization itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity, Result
from users.actors import Actor


def record_on_tenant(
    actor: Actor,
    activity: Activity,
    *,
    now: datetime,
    modified: tuple[tuple[str, str, str], ...] = (),
    details: Mapping[str, str] | None = None,
    reason: str = "",
) -> None:
    """Write that the actor did this, or was refused it where ``reason`` is the code of a refusal."""
    entry = Entry(
        tenant_id=actor.tenant.pk,
        activity=activity,
        actor=actor.for_audit(),
        targets=(Target(id=actor.tenant.pk, display_name=actor.tenant.name, type="Tenant", modified=modified),),
        result=Result.FAILURE if reason else Result.SUCCESS,
        reason=reason,
        details={**(details or {}), **({"RefusalCode": reason} if reason else {})},
    )
    with transaction.atomic():
        record(entry, now=now)
