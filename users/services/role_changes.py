"""What follows from every change of somebody's rights, whichever way the change came: by role or by group."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from adminportal.sealing import Secret
from users import trusted_devices
from users.models import Session, User
from users.sessions import continue_session, end_all_sessions

Listener = Callable[[Collection[UUID], datetime], None]
_listeners: list[Listener] = []


def on_role_change(listener: Listener) -> None:
    """Call ``listener`` with the ids of the people inside the transaction of every change of rights; once."""
    if listener not in _listeners:
        _listeners.append(listener)


def end_what_was_open(user_ids: Collection[UUID], *, now: datetime) -> None:
    """End every session of these people, the trust in their browsers, and what the listeners hold.

    Inside a transaction.

    For whoever was given a role or lost one, by name or through a group. The rows of the people are locked already.
    Whoever holds a role needs a strong password from now on, whatever was allowed before.
    """
    if not user_ids:
        return
    User.objects.filter(pk__in=list(user_ids), strong_password_required=False).update(strong_password_required=True)
    end_all_sessions(user_ids, now=now)
    trusted_devices.revoke(user_ids, now=now)
    for listener in _listeners:
        listener(user_ids, now)


def go_on(session: Session, *, now: datetime) -> Secret:
    """Let the actor's own session go on under a new key, as old as it was and with the proof that it had."""
    return continue_session(session, now=now)
