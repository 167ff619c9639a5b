"""What the outbox does by itself every few seconds: whatever the broker lost or a worker left behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher, release_lost_claims
from adminportal.outbox.models import WAY_IS_CLOSED, DevMessage, OutboundMessage, State

BATCH = 500
"""Messages that one run delivers; the next run takes the rest."""
INBOX_DAYS = 30
"""Days that a trial's inbox keeps what it caught."""


def sweep_messages(now: datetime) -> int:
    """Take back lost claims, expire what is too late, deliver what is due; returns how many messages it touched."""
    released = release_lost_claims(now=now)
    expired = OutboundMessage.objects.filter(state=State.QUEUED, not_after__lt=now).update(state=State.EXPIRED)
    return released + expired + deliver_due(now=now)


def deliver_due(*, now: datetime) -> int:
    """Deliver due messages, oldest first, over shared connections; returns how many it tried.

    When a server cannot be reached, the other messages of its channel wait for the next run: one probe is enough.
    """
    tried = 0
    closed: set[str] = set()
    with Dispatcher() as dispatcher:
        for message_id, channel in _list_due(now=now):
            if channel in closed:
                continue
            state = dispatcher.deliver(message_id, now=max(now, clock.now()))
            tried += state is not None
            if state in (State.QUEUED, State.FAILED) and _is_closed(message_id):
                closed.add(channel)
    return tried


def purge_inbox(now: datetime) -> int:
    """Delete what a trial's inbox caught long ago."""
    return DevMessage.objects.filter(created_at__lt=now - timedelta(days=INBOX_DAYS)).delete()[0]


def _list_due(*, now: datetime) -> list[tuple[UUID, str]]:
    due = OutboundMessage.objects.filter(state=State.QUEUED, next_attempt_at__lte=now)
    return list(due.order_by("next_attempt_at").values_list("pk", "channel")[:BATCH])


def _is_closed(message_id: UUID) -> bool:
    return OutboundMessage.objects.filter(pk=message_id, failure__in=WAY_IS_CLOSED).exists()
