"""Keeps which columns somebody has chosen for the list of people: a choice of one's own, which gives no right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from users.actors import Actor
from users.grid_columns import Column, in_order
from users.models import GridChoice


def choose_columns(*, actor: Actor, columns: Iterable[Column], now: datetime) -> None:
    """Keep these columns for the actor's own lists; the same twice is no fault. Inside the scope."""
    chosen = {"tenant": actor.tenant, "columns": [column.value for column in in_order(columns)], "chosen_at": now}
    GridChoice.objects.update_or_create(user=actor.user, defaults=chosen)


def forget_columns(*, actor: Actor) -> None:
    """Show the actor the usual columns again. Inside the scope."""
    GridChoice.objects.filter(user=actor.user).delete()
