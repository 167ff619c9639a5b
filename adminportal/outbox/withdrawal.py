"""Ends what waits in the outbox after a backup was put back: nobody gets a link or a code that is dead by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from adminportal.outbox import links
from adminportal.outbox.models import HELD_BACK, Failure, OutboundMessage, State

BATCH: Final = 5_000
"""Links that one statement closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Messages whose time was over, messages that carried a link, code or password, and links that were open."""

    expired: int
    withdrawn: int
    links: int


def withdraw_all(tenant_id: UUID, *, now: datetime) -> Withdrawn:
    """End the messages of a tenant that are too late or carry a secret, and close every link; inside a transaction.

    The others wait for delivery as before, under the same Message-ID: whoever got one already can tell. One that a
    worker held when the backup was made is queued again by the sweep.
    """
    waiting = OutboundMessage.objects.filter(tenant_id=tenant_id, state__in=(State.QUEUED, State.SENDING))
    expired = waiting.filter(not_after__lt=now).update(state=State.EXPIRED, claimed_until=None)
    secret = ~Q(link_purpose="") | ~Q(secret_purpose="")
    # What a limit holds back goes nowhere anyway, and keeps the reason that its row was written with.
    withdrawn = waiting.exclude(failure__in=HELD_BACK).filter(secret)
    ended = withdrawn.update(state=State.CANCELLED, failure=Failure.RESTORED, failure_detail="", claimed_until=None)
    return Withdrawn(expired=expired, withdrawn=ended, links=_close_links(tenant_id, now=now))


def _close_links(tenant_id: UUID, *, now: datetime) -> int:
    """Go through the links in the order of their keys, so that each is looked at once however many there are."""
    mine = OutboundMessage.objects.filter(tenant_id=tenant_id, opened_at=None, link_closed_at=None)
    mine = mine.exclude(link_purpose="").order_by("pk")
    closed, after = 0, UUID(int=0)
    while found := list(mine.filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]):
        closed, after = closed + links.close(*found, now=now), found[-1]
    return closed
