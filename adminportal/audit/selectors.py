"""Reads of the audit log: always of one tenant, newest first, paged by key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import PASSWORD_RELATED, Activity
from adminportal.audit.wording import folded

PAGE_ROWS = 50
"""Rows of one page."""

SHORTEST_FRAGMENT = 3
"""Characters a searched text needs; an index over three-letter pieces cannot find fewer."""


ALL_TEXTS = ("search_text", "target_text", "actor_text")
"""Columns that a text is searched in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to show; empty parts do not narrow. ``until`` is exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    service: str = ""
    category: str = ""
    activities: tuple[Activity, ...] = ()
    result: str = ""
    target: str = ""
    initiated_by: str = ""
    correlation_id: UUID | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows, newest first, and the key that the next page begins after (empty at the end)."""

    rows: list[AuditEvent]
    next_after: str


def list_events(
    *, tenant_id: UUID, only_actor_id: UUID | None = None, matching: Filter = Filter()
) -> QuerySet[AuditEvent]:
    """Return the tenant's events that match; with ``only_actor_id`` only what that person did."""
    events = AuditEvent.objects.filter(tenant_id=tenant_id)
    if only_actor_id is not None:
        events = events.filter(actor_id=only_actor_id)
    return _matching(events, matching).order_by("-occurred_at", "-id")


def list_events_about(*, tenant_id: UUID, user_id: UUID, password_related_only: bool = False) -> QuerySet[AuditEvent]:
    """Return what was done to one person, newest first."""
    events = AuditEvent.objects.filter(tenant_id=tenant_id, subject_id=user_id)
    if password_related_only:
        events = events.filter(activity__in=PASSWORD_RELATED)
    return events.order_by("-occurred_at", "-id")


def get_event(*, tenant_id: UUID, uid: UUID, only_actor_id: UUID | None = None) -> AuditEvent | None:
    """Return one event of the tenant, or None, also when another tenant has it."""
    events = list_events(tenant_id=tenant_id, only_actor_id=only_actor_id)
    return events.filter(uid=uid).first()


def page_of(events: QuerySet[AuditEvent], *, after: str = "", rows: int = PAGE_ROWS) -> Page:
    """Cut one page out of events, by the key of the row before it; costs one query however far down.

    :raises ValueError: when ``after`` is no key that a page gave.
    """
    if after:
        moment, pk = _place(after)
        older = Q(occurred_at__lt=moment) | Q(occurred_at=moment, pk__lt=pk)
        events = events.filter(older, occurred_at__lte=moment)
    found = list(events[: rows + 1])
    return Page(rows=found[:rows], next_after=_key(found[rows - 1]) if len(found) > rows else "")


def _matching(events: QuerySet[AuditEvent], wanted: Filter) -> QuerySet[AuditEvent]:
    exact = {
        "occurred_at__gte": wanted.since,
        "occurred_at__lt": wanted.until,
        "service": wanted.service,
        "category": wanted.category,
        "activity__in": wanted.activities,
        "result": wanted.result,
        "correlation_id": wanted.correlation_id,
    }
    events = events.filter(**{name: value for name, value in exact.items() if value})
    texts = ((wanted.target, ("target_text",)), (wanted.initiated_by, ("actor_text",)), (wanted.text, ALL_TEXTS))
    for text, columns in texts:
        if text:
            events = events.filter(contains(folded(text), columns=columns))
    return events


def contains(text: str, *, columns: Sequence[str] = ALL_TEXTS) -> Q:
    """Return the condition that a folded text stands in one of these columns of a row.

    The index holds sealed rows alone. The few that are not sealed yet are looked through, by another function:
    PostgreSQL would put the two halves together and have no use for the index if both said the same.
    """
    in_sealed, in_others = Q(), Q()
    for column in columns:
        in_sealed |= Q(**{f"{column}__contains": text})
        in_others |= Q(GreaterThan(StrIndex(column, Value(text)), 0))
    return Q(in_sealed, seq__isnull=False) | Q(in_others, seq=None)


def _key(row: AuditEvent) -> str:
    microseconds = round(row.occurred_at.timestamp() * 1_000_000)
    return base64.urlsafe_b64encode(f"{microseconds}.{row.pk}".encode()).decode().rstrip("=")


def _place(key: str) -> tuple[datetime, int]:
    try:
        plain = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode("ascii")
        microseconds, _, pk = plain.partition(".")
        seconds, rest = divmod(int(microseconds), 1_000_000)
        place = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), int(pk)
    except (binascii.Error, ValueError, OverflowError, OSError) as problem:
        raise ValueError("No page begins here.") from problem
    if not 0 < place[1] < 2**63:
        raise ValueError("No page begins here.")
    return place
