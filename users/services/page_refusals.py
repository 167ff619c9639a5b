"""The audit row of whoever asked a page to do something and holds no role that may."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.throttle.kinds import Throttled
from adminportal.throttle.meter import check, peek
from users.actors import Actor
from users.models import User
from users.permissions import Permission
from users.snapshots import target_of

LIMIT: Final = "REFUSED_PAGE"


def record_page_refusal(
    *, actor: Actor, permission: Permission, page: str, user_id: UUID | None = None, now: datetime
) -> None:
    """Write that the actor lacks the right that a page asks for. Inside the tenant's scope, outside a transaction.

    ``page`` is the route, without values; ``user_id`` is the person whom the address names, told where the tenant has
    them. At most as many rows as ``REFUSED_PAGE`` allows: everybody who can sign in reaches this, and would else fill
    the log. The last one of the window names the limit.
    """
    try:
        check(LIMIT, key=str(actor.id), now=now)
    except Throttled:
        return
    user = User.objects.filter(pk=user_id).first() if user_id else None
    code = f"NO_RIGHT_{permission.name}"
    details = {"Entrance": "page", "RefusalCode": code, "Permission": permission.value, "Page": page}
    entry = Entry(
        tenant_id=actor.tenant.pk,
        activity=Activity.REFUSED_BY_ROLE,
        actor=actor.for_audit(),
        targets=(target_of(user),) if user else (),
        result=Result.FAILURE,
        reason=code,
        details={**details, **({"Limit": LIMIT} if _is_full(actor, now=now) else {})},
    )
    with transaction.atomic():
        record(entry, now=now)


def _is_full(actor: Actor, *, now: datetime) -> bool:
    try:
        peek(LIMIT, key=str(actor.id), now=now)
    except Throttled:
        return True
    return False
