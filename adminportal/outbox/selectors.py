"""Reads the outbox for people: how each message fares, addresses masked."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from adminportal.outbox.masking import mask
from adminportal.outbox.models import HELD_BACK, Channel, Failure, OutboundMessage, State

_UNREADABLE = (ValueError, binascii.Error, TypeError, LookupError, AttributeError, OverflowError, RecursionError)

OPENED = "opened"
"""A state that people ask for and that the row keeps as a moment."""


class CursorInvalid(Exception):
    """The key of a page was not made by this list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """How one message fares, as it may be shown."""

    id: UUID
    about_user_id: UUID | None
    correlation_id: UUID
    template: str
    channel: str
    channel_label: str
    to: str
    state: str
    state_label: str
    failure: str
    detail: str
    attempts: int
    created_at: datetime
    at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    opened: bool
    is_link_open: bool
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFilter:
    """What the message trace is narrowed to; empty values narrow nothing."""

    channel: str = ""
    state: str = ""
    correlation_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    """A page of the message trace, newest first; ``after`` is the key of the next one, or empty."""

    lines: list[DeliveryLine]
    after: str


def list_messages(
    *, tenant_id: UUID, people: QuerySet[Any, Any], narrowed: TraceFilter, after: str = "", size: int = 50
) -> TracePage:
    """Return a page of the messages about these people, given as a query of their ids; one query.

    :raises CursorInvalid: when ``after`` is not a key of this list.
    """
    rows = OutboundMessage.objects.filter(tenant_id=tenant_id, about_user_id__in=people)
    rows = rows.filter(_condition(narrowed))
    if after:
        created_at, message_id = _read_cursor(after)
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=message_id))
    found = list(rows.order_by("-created_at", "-id")[: size + 1])
    more = len(found) > size
    return TracePage(
        lines=[line_of(row) for row in found[:size]],
        after=_write_cursor(found[size - 1]) if more else "",
    )


def line_of(row: OutboundMessage) -> DeliveryLine:
    """Return one message as it may be shown."""
    waits, is_held = row.state == State.QUEUED, row.failure in HELD_BACK
    return DeliveryLine(
        id=row.pk,
        about_user_id=row.about_user_id,
        correlation_id=row.correlation_id,
        template=row.template,
        channel=row.channel,
        channel_label=str(Channel(row.channel).label),
        to=row.failure_detail if is_held else mask(row.to),
        state=row.state,
        state_label=str(State(row.state).label),
        failure=str(Failure(row.failure).label) if row.failure else "",
        detail="" if is_held else row.failure_detail,
        attempts=row.attempts,
        created_at=row.created_at,
        at=row.opened_at or row.sent_at or row.issued_at,
        sent_at=row.sent_at,
        opened_at=row.opened_at,
        opened=row.opened_at is not None,
        is_link_open=bool(row.link_purpose) and row.opened_at is None and row.link_closed_at is None,
        next_attempt_at=row.next_attempt_at if waits and row.attempts else None,
    )


def _condition(narrowed: TraceFilter) -> Q:
    condition = Q()
    if narrowed.channel:
        condition &= Q(channel=narrowed.channel)
    if narrowed.correlation_id:
        condition &= Q(correlation_id=narrowed.correlation_id)
    if narrowed.state == OPENED:
        condition &= Q(opened_at__isnull=False)
    elif narrowed.state:
        condition &= Q(state=narrowed.state)
    return condition


def _write_cursor(row: OutboundMessage) -> str:
    raw = json.dumps([row.created_at.isoformat(), str(row.pk)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, UUID]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        created_at, message_id = datetime.fromisoformat(raw[0]), UUID(raw[1])
        if created_at.tzinfo is None:
            raise CursorInvalid
        return created_at.astimezone(UTC), message_id
    except _UNREADABLE as problem:
        raise CursorInvalid from problem
