"""What the outbox does by itself every few seconds: whatever the broker lost or a worker left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher, release_lost_claims
from adminportal.outbox.models import WAY_IS_CLOSED, DevMessage, Lane, OutboundMessage, State

BATCH = 500
"""Messages that one run delivers; the next run takes the rest."""
ROUND = 25
"""Messages that are taken up at once; before each round those of single people are looked for again."""
INBOX_DAYS = 30
"""Days that a trial's inbox keeps what it caught."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one run did; ``is_cut_short`` where messages may be due still that could be sent."""

    tried: int
    is_cut_short: bool


def sweep_messages(now: datetime) -> int:
    """Take back lost claims, expire what is too late, deliver what is due; returns how many messages it touched."""
    released = release_lost_claims(now=now)
    expired = OutboundMessage.objects.filter(state=State.QUEUED, not_after__lt=now).update(state=State.EXPIRED)
    return released + expired + deliver_due(now=now).tried


def deliver_due(*, now: datetime, lanes: Sequence[Lane] = (Lane.SINGLE, Lane.BULK)) -> Delivered:
    """Deliver due messages, those of the first lane first, oldest first, over shared connections.

    When a server cannot be reached, the other messages of its channel wait for the next run: one probe is enough.
    """
    tried, looked_at = 0, 0
    closed: set[str] = set()
    with Dispatcher() as dispatcher:
        while looked_at < BATCH and (found := _list_due(now=now, lanes=lanes, closed=closed)):
            for message_id, channel in found:
                if channel in closed:
                    continue
                looked_at += 1
                state = dispatcher.deliver(message_id, now=max(now, clock.now()))
                tried += state is not None
                if state in (State.QUEUED, State.FAILED) and _is_closed(message_id):
                    closed.add(channel)
    return Delivered(tried=tried, is_cut_short=looked_at >= BATCH)


def purge_inbox(now: datetime) -> int:
    """Delete what a trial's inbox caught long ago."""
    return DevMessage.objects.filter(created_at__lt=now - timedelta(days=INBOX_DAYS)).delete()[0]


def _list_due(*, now: datetime, lanes: Sequence[Lane], closed: set[str]) -> list[tuple[UUID, str]]:
    """List the next messages: of a later lane only where the ones before have none left to fill a round."""
    found: list[tuple[UUID, str]] = []
    for lane in lanes:
        due = OutboundMessage.objects.filter(lane=lane, state=State.QUEUED, next_attempt_at__lte=now)
        rows = due.exclude(channel__in=closed).order_by("next_attempt_at").values_list("pk", "channel")
        found += list(rows[: ROUND - len(found)])
        if len(found) == ROUND:
            break
    return found


def _is_closed(message_id: UUID) -> bool:
    return OutboundMessage.objects.filter(pk=message_id, failure__in=WAY_IS_CLOSED).exists()
