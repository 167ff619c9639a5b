"""The events behind the charts of Usage & insights, each with its person: resets, and what people registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.audit.canonical import rfc3339
from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Entry, record
from adminportal.audit.selectors import page_of
from adminportal.audit.tags import Activity, Result
from sspr.services.insights import GIVEN_FIRST, Span, methods_named, since
from sspr.trail import NEWER_ATTEMPT
from users.actors import Actor
from users.models import Tenant, User
from users.role_names import role_list
from users.roles import Role
from users.services.method_changes import label_of
from users.targets import load_facts
from users.tenancy import within

PAGE_ROWS: Final = 50
CHUNK: Final = 500
"""Events that are read and sent at once."""
LANGUAGE: Final = "en"
"""Of the file, whatever the reader's: programs read it."""


class Report(StrEnum):
    """The two lists, named as the halves of Usage & insights."""

    REGISTRATION = "registration"
    USAGE = "usage"


PROGRESS: Final = Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS
ADDED: Final = Activity.USER_REGISTERED_SECURITY_INFO
FEATURES: Final[dict[str, str | Promise]] = {
    Activity.RESET_PASSWORD_SELF_SERVICE: _("Self-service reset"),
    Activity.RESET_PASSWORD_BY_ADMIN: _("Reset by an administrator"),
    Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE: _("Self-service unlock"),
    Activity.CHANGE_PASSWORD_SELF_SERVICE: _("Own change"),
    PROGRESS: _("Self-service attempt"),
}
"""What a reset event was about; of the steps of attempts those that failed are listed."""
ACTIVITIES: Final[dict[Report, tuple[str, ...]]] = {
    Report.USAGE: tuple(FEATURES),
    Report.REGISTRATION: (ADDED, Activity.USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET),
}
EVERYTHING: Final = _("All that is required")
NO_ROLE: Final = _("User")
FACTS: Final[dict[Report, tuple[str, str]]] = {
    Report.USAGE: ("Feature", "Method used"),
    Report.REGISTRATION: ("Role", "Data registered"),
}
NAMES: Final[dict[Report, str]] = {Report.USAGE: "Reset events", Report.REGISTRATION: "Registration events"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event; ``kind`` and ``data`` are what the list is about: feature and methods, or role and what was added."""

    at: datetime
    user_name: str
    name: str
    kind: str
    data: str
    is_success: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One page, newest first; ``next_after`` is empty where it is the last."""

    rows: list[Happened]
    next_after: str


def list_happened(tenant: Tenant, report: Report, *, span: Span, after: str = "", now: datetime) -> EventPage:
    """Return one page of a list; two queries at most, inside the scope.

    :raises ValueError: when ``after`` is no key that a page gave.
    """
    page = page_of(_events(tenant, report, span=span, now=now), after=after, rows=PAGE_ROWS)
    return EventPage(rows=_happened(report, page.rows), next_after=page.next_after)


def export_happened(*, actor: Actor, report: Report, span: Span, now: datetime) -> Iterator[str]:
    """Record that a list was exported, then return it as pieces of one CSV file; memory stays flat."""
    details = {"Format": "csv", "Report": NAMES[report], "Span": span.value}
    entry = Entry(tenant_id=actor.tenant.pk, activity=Activity.EXPORTED_USERS, actor=actor.for_audit(), details=details)
    record(entry, now=now)
    return _pieces(actor.tenant, report, span=span, now=now)


def _pieces(tenant: Tenant, report: Report, *, span: Span, now: datetime) -> Iterator[str]:
    """Read piece by piece, each inside the scope: what is sent between them is sent outside of it."""
    yield BYTE_ORDER_MARK + csv_line(["Date", "User name", "User", *FACTS[report], "Status", "Reason for failure"])
    after = ""
    while True:
        with within(tenant), translation.override(LANGUAGE):
            page = page_of(_events(tenant, report, span=span, now=now), after=after, rows=CHUNK)
            lines = [_cells(each) for each in _happened(report, page.rows)]
        yield "".join(map(csv_line, lines))
        after = page.next_after
        if not after:
            return


def _events(tenant: Tenant, report: Report, *, span: Span, now: datetime) -> QuerySet[AuditEvent]:
    """Read what happened to people; attempts on names that nobody has are told by the audit log alone."""
    step = Q(activity=PROGRESS) & (Q(result=Result.SUCCESS) | Q(reason=NEWER_ATTEMPT))
    happened = AuditEvent.objects.filter(
        tenant_id=tenant.pk,
        activity__in=ACTIVITIES[report],
        occurred_at__gte=since(tenant, span=span, now=now),
        occurred_at__lte=now,
        subject_id__isnull=False,
    )
    return happened.exclude(step).exclude(GIVEN_FIRST).order_by("-occurred_at", "-id")


def _happened(report: Report, events: Sequence[AuditEvent]) -> list[Happened]:
    roles = _roles(events) if report is Report.REGISTRATION else {}
    return [_one(report, event, roles) for event in events]


def _one(report: Report, event: AuditEvent, roles: Mapping[UUID | None, str]) -> Happened:
    target = next(each for each in event.targets if each["id"] == str(event.subject_id))
    kind = roles.get(event.subject_id) or str(NO_ROLE)
    data = label_of(event.details.get("Method", "")) or str(EVERYTHING)
    if report is Report.USAGE:
        kind, data = str(FEATURES[event.activity]), ", ".join(methods_named(event.details.get("MethodsUsed")))
    is_success = event.result == Result.SUCCESS
    return Happened(
        at=event.occurred_at,
        user_name=target["user_principal_name"],
        name=target["display_name"],
        kind=kind,
        data=data,
        is_success=is_success,
        reason="" if is_success else event.reason,
    )


def _roles(events: Sequence[AuditEvent]) -> dict[UUID | None, str]:
    """Return the roles of the people as they are now; two queries."""
    people = User.objects.filter(pk__in={event.subject_id for event in events})
    return {
        pk: ", ".join(role_list(held for held in facts.held if isinstance(held, Role)))
        for pk, facts in load_facts(people).items()
    }


def _cells(row: Happened) -> list[str]:
    status = "Success" if row.is_success else "Failure"
    return [rfc3339(row.at), row.user_name, row.name, row.kind, row.data, status, row.reason]
