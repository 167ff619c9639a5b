"""Roles that somebody keeps at hand: a mark of one's own, which gives no right."""

from __future__ import annotations

from datetime import datetime

from users.actors import Actor
from users.models import RoleFavourite
from users.roles import TEMPLATE_IDS, Role


def mark_favourite(*, actor: Actor, role: Role, is_favourite: bool, now: datetime) -> None:
    """Keep a role at hand, or not any more; the same twice is no fault. Inside the scope."""
    mark = {"user": actor.user, "role": TEMPLATE_IDS[role]}
    if is_favourite:
        given = {"tenant": actor.tenant, "created_at": now}
        RoleFavourite.objects.get_or_create(**mark, defaults=given)
        return
    RoleFavourite.objects.filter(**mark).delete()
