"""What follows from every change of somebody's rights, whichever way the change came: by role or by group."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from users.models import Session
from users.sessions import end_all_sessions

Listener = Callable[[Collection[UUID], datetime], None]
_listeners: list[Listener] = []


def on_role_change(listener: Listener) -> None:
    """Call ``listener`` with the ids of the people inside the transaction of every change of rights; once."""
    if listener not in _listeners:
        _listeners.append(listener)


def end_what_was_open(user_ids: Collection[UUID], *, now: datetime, keep: Session | None = None) -> None:
    """End every session of these people except ``keep``, and let the listeners end what they hold; in a transaction.

    For whoever was given a role or lost one, by name or through a group. The rows of the people are locked already.
    """
    if not user_ids:
        return
    end_all_sessions(user_ids, now=now, keep=keep)
    for listener in _listeners:
        listener(user_ids, now)
