"""Audit events as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from adminportal.audit.export import actor_name, target_names
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import StoredTarget
from adminportal.audit.tags import Result
from adminportal.centre.audit_filter import STATUS_WORDS

STATUS_KINDS = {Result.SUCCESS: "good", Result.FAILURE: "bad", Result.TIMEOUT: "warn"}
"""Colour of the pill of each result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One row of the list."""

    url: str
    occurred_at: datetime
    service: str
    category: str
    activity: str
    status: str | Promise
    status_kind: str
    reason: str
    targets: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name and its value."""

    label: str
    value: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A property of a target, before and after."""

    target: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """Everything about one event."""

    activity: str
    occurred_at: datetime
    status: str | Promise
    status_kind: str
    what: list[Fact]
    who: list[Fact]
    targets: list[Fact]
    changes: list[Change]
    details: list[Fact]


def event_lines(rows: Iterable[AuditEvent], *, event_url: Callable[[AuditEvent], str]) -> list[EventLine]:
    """Return the rows of the list."""
    return [
        EventLine(
            url=event_url(row),
            occurred_at=row.occurred_at,
            service=row.service,
            category=row.category,
            activity=row.activity,
            status=_status(row),
            status_kind=_kind(row),
            reason=row.reason,
            targets=", ".join(target_names(row)),
            actor=actor_name(row),
        )
        for row in rows
    ]


def event_facts(row: AuditEvent) -> EventFacts:
    """Return everything that the panel shows of one event."""
    return EventFacts(
        activity=row.activity,
        occurred_at=row.occurred_at,
        status=_status(row),
        status_kind=_kind(row),
        what=_what(row),
        who=_who(row),
        targets=[Fact(label=item["type"], value=name, note=item["id"] or "") for item, name in _named_targets(row)],
        changes=[
            Change(target=name, name=change["name"], old=change["old"], new=change["new"])
            for item, name in _named_targets(row)
            for change in item["modified"]
        ],
        details=[Fact(label=key, value=value) for key, value in sorted(row.details.items())],
    )


def _named_targets(row: AuditEvent) -> list[tuple[StoredTarget, str]]:
    return list(zip(row.targets, target_names(row), strict=True))


def _what(row: AuditEvent) -> list[Fact]:
    sealed = _("Row %(number)s of the chain") % {"number": row.seq} if row.seq else _("Not sealed yet")
    return [
        Fact(label=_("Status reason"), value=row.reason),
        Fact(label=_("Service"), value=row.service),
        Fact(label=_("Category"), value=row.category),
        Fact(label=_("Operation type"), value=row.operation),
        Fact(label=_("Correlation ID"), value=str(row.correlation_id)),
        Fact(label=_("Record ID"), value=row.public_id),
        Fact(label=_("Seal"), value=sealed, note=row.row_hash),
    ]


def _who(row: AuditEvent) -> list[Fact]:
    return [
        Fact(label=_("Display name"), value=row.actor_display_name),
        Fact(label=_("Username"), value=row.actor_user_principal_name),
        Fact(label=_("Object ID"), value=str(row.actor_id or "")),
        Fact(label=_("IP address"), value=row.ip_address),
        Fact(label=_("User agent"), value=row.user_agent),
    ]


def _status(row: AuditEvent) -> str | Promise:
    return STATUS_WORDS[Result(row.result)]


def _kind(row: AuditEvent) -> str:
    return STATUS_KINDS[Result(row.result)]
