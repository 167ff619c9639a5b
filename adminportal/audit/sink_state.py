"""Whether the second home of the log keeps up: off, ok, or late, and since when its oldest row waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import Min, Sum

from adminportal.audit.chains import iterate_chains
from adminportal.audit.models import AuditEvent, AuditSink, AuditSinkCursor
from adminportal.audit.sinks.opening import sink_address


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkState:
    """What operators are told of the sink; ``failure`` is why the last run failed, or empty."""

    status: Literal["off", "ok", "late"]
    oldest_unsent_seconds: float = 0.0
    gaps: int = 0
    failure: str = ""


def sink_state(*, now: datetime) -> SinkState:
    """Judge the sink; costs nothing where there is none, else a few look-ups of an index for each tenant.

    A row counts from its commit, sealed or not, and from when the sink was first set up, if that is later.
    """
    address = sink_address()
    if address is None:
        return SinkState(status="off")
    place = AuditSink.objects.filter(name=address.name).first()
    oldest = _oldest_unsent_at(place)
    if oldest is not None and place is not None:
        oldest = max(oldest, place.since)
    waited = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    late = timedelta(seconds=waited) > timedelta(minutes=settings.AUDIT_SINK_LATE_MINUTES)
    gaps = AuditSinkCursor.objects.filter(sink=place).aggregate(all=Sum("gaps"))["all"] if place else 0
    return SinkState(
        status="late" if late else "ok",
        oldest_unsent_seconds=waited,
        gaps=gaps or 0,
        failure=place.failure if place else "",
    )


def _oldest_unsent_at(place: AuditSink | None) -> datetime | None:
    sent = dict(AuditSinkCursor.objects.filter(sink=place).values_list("tenant_id", "seq")) if place else {}
    moments = [AuditEvent.objects.filter(seq=None).aggregate(first=Min("occurred_at"))["first"]]
    for tenant_id in iterate_chains():
        rows = AuditEvent.objects.filter(tenant_id=tenant_id, seq__gt=sent.get(tenant_id, 0)).order_by("seq")
        moments.append(rows.values_list("occurred_at", flat=True).first())
    return min((moment for moment in moments if moment), default=None)
