"""Usage & insights: how many people registered, and how self-service is used; numbers alone, no names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import TruncDay, TruncHour
from django.utils.formats import date_format

from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import Activity, Result
from adminportal.queries import fetch
from sspr.crowd import Crowd, Stance, load_crowd
from sspr.crowd_sql import unconfirmed_sql
from sspr.facts import available_gates
from sspr.models import Gate
from sspr.people_state import SelfServiceState, state_of
from sspr.rules import policy_of
from sspr.trail import METHOD_NAMES, NEWER_ATTEMPT
from users.models import Tenant

MOST_REASONS: Final = 20
"""Reasons of failures that are listed."""


class Span(StrEnum):
    """How far back a report looks."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


BUCKETS: Final = {Span.DAY: 24, Span.WEEK: 7, Span.MONTH: 30}
"""Bars of each span: hours of a day, else days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Everybody who is not a guest and not deleted, by what they have registered.

    ``unconfirmed`` are people of whom a code would go where no code ever arrived; ``open_by_method`` counts these by
    method.
    """

    people: int
    registered: int
    enabled: int
    capable: int
    mfa_capable: int
    unconfirmed: int
    by_method: dict[Gate, int]
    open_by_method: dict[Gate, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """Numbers of some kinds of events for each bucket, oldest first."""

    moments: tuple[datetime, ...]
    labels: tuple[str, ...]
    counts: Mapping[tuple[Activity, Result], tuple[int, ...]]

    def series(self, activity: Activity, result: Result = Result.SUCCESS) -> tuple[int, ...]:
        """Return the numbers of one kind of event."""
        return self.counts.get((activity, result), (0,) * len(self.moments))


def count_registered(tenant: Tenant) -> Registered:
    """Count people by what they have registered; as many queries as for ten people, inside the scope."""
    policy = policy_of(tenant)
    available = available_gates(policy)
    crowd = load_crowd(tenant, policy=policy)
    states: list[tuple[Stance, SelfServiceState, int]] = [
        (stance, state_of(stance.facts, policy=policy, tenant=tenant, available=available), number)
        for stance, number in crowd.stances()
        if not stance.facts.is_guest
    ]
    methods = Counter[Gate]()
    for stance, _state, number in states:
        for gate in _gates_of(stance):
            methods[gate] += number
    unconfirmed, still_open = _count_unconfirmed(crowd)
    return Registered(
        people=sum(number for _stance, _state, number in states),
        registered=sum(number for _stance, state, number in states if state.is_registered),
        enabled=sum(number for _stance, state, number in states if state.is_enabled),
        capable=sum(number for _stance, state, number in states if state.is_capable),
        mfa_capable=sum(number for _stance, state, number in states if state.is_mfa_capable),
        unconfirmed=unconfirmed,
        by_method={gate: methods[gate] for gate in Gate if methods[gate]},
        open_by_method=still_open,
    )


def _count_unconfirmed(crowd: Crowd) -> tuple[int, dict[Gate, int]]:
    """Count people with data that no code has confirmed, and these by the method it serves; one query."""
    rows = fetch(*unconfirmed_sql(crowd.sorting), uuid_columns=())
    counts = Counter[Gate]()
    for *has, number in rows:
        for gate, is_open in zip((Gate.EMAIL, Gate.MOBILE_SMS, Gate.OFFICE_VOICE), has, strict=True):
            counts[gate] += number if is_open else 0
    return sum(row[-1] for row in rows), {gate: number for gate, number in counts.items() if number}


GIVEN_FIRST: Final = Q(details__has_key="FirstPassword") & ~Q(activity=Activity.RESET_PASSWORD_SELF_SERVICE)
"""The first password of somebody, given by an administrator: it resets nothing."""


def count_events(tenant: Tenant, activities: Sequence[Activity], *, span: Span, now: datetime) -> OverTime:
    """Count events of these activities by hour or day of the tenant's time zone; one query.

    Somebody's first password is no reset, and is left out where an administrator gave it.
    """
    zone = ZoneInfo(tenant.time_zone)
    moments = tuple(_moments(span, now=now, zone=zone))
    cut = TruncHour if span is Span.DAY else TruncDay
    rows = (
        _events(tenant, activities, since=moments[0], now=now)
        .exclude(GIVEN_FIRST)
        .annotate(bucket=cut("occurred_at", tzinfo=zone))
        .values_list("activity", "result", "bucket")
        .annotate(number=Count("pk"))
    )
    found: dict[tuple[Activity, Result], Counter[datetime]] = defaultdict(Counter)
    for activity, result, bucket, number in rows:
        found[Activity(activity), Result(result)][bucket] += number
    counts = {kind: tuple(numbers[moment] for moment in moments) for kind, numbers in found.items()}
    labels = tuple(_label(moment, span) for moment in moments)
    return OverTime(moments=moments, labels=labels, counts=counts)


def since(tenant: Tenant, *, span: Span, now: datetime) -> datetime:
    """Return where a report of this span begins."""
    return next(_moments(span, now=now, zone=ZoneInfo(tenant.time_zone)))


def count_methods_used(tenant: Tenant, *, span: Span, now: datetime) -> dict[str, int]:
    """Count resets by each method that proved who it was, by its label, most used first; one query."""
    used = KeyTextTransform("MethodsUsed", "details")
    begin = since(tenant, span=span, now=now)
    events = _events(tenant, [Activity.RESET_PASSWORD_SELF_SERVICE], since=begin, now=now)
    rows = events.filter(result=Result.SUCCESS).annotate(used=used).values_list("used").annotate(number=Count("pk"))
    counts = Counter[str]()
    for text, number in rows:
        for name in methods_named(text):
            counts[name] += number
    return dict(counts.most_common())


def methods_named(text: str | None) -> list[str]:
    """Return the labels of the methods that a row of the audit log names."""
    names = filter(None, (part.strip() for part in (text or "").split(",")))
    return [str(_LABELS.get(name, name)) for name in names]


def count_failures(tenant: Tenant, *, span: Span, now: datetime) -> dict[str, int]:
    """Count steps of self-service that failed by their reason, most frequent first; one query.

    An attempt that ended because a newer one went on is no failure of anybody.
    """
    activities = [
        Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS,
        Activity.RESET_PASSWORD_SELF_SERVICE,
        Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE,
    ]
    begin = since(tenant, span=span, now=now)
    events = _events(tenant, activities, since=begin, now=now).filter(result=Result.FAILURE)
    rows = (
        events.exclude(reason=NEWER_ATTEMPT)
        .values_list("reason")
        .annotate(number=Count("pk"))
        .order_by("-number", "reason")
    )
    return {reason: number for reason, number in rows[:MOST_REASONS] if reason}


_LABELS: Final = {name: gate.label for gate, name in METHOD_NAMES.items()}


def _gates_of(stance: Stance) -> Iterator[Gate]:
    """Name the methods that somebody has; a mobile phone is one, whether it is texted or called."""
    facts = stance.facts
    has = {way.gate for way in facts.ways} - {Gate.MOBILE_VOICE}
    yield from (gate for gate in Gate if gate in has)
    if facts.answers:
        yield Gate.QUESTIONS
    if facts.recovery_codes:
        yield Gate.RECOVERY_CODE


def _events(
    tenant: Tenant, activities: Sequence[Activity], *, since: datetime, now: datetime
) -> QuerySet[AuditEvent, Any]:
    return AuditEvent.objects.filter(
        tenant_id=tenant.pk, activity__in=activities, occurred_at__gte=since, occurred_at__lte=now
    ).order_by()


def _moments(span: Span, *, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Return where each bucket begins; days begin at midnight of the zone, also where a day has 23 hours."""
    local = now.astimezone(zone)
    if span is Span.DAY:
        hour = now.replace(minute=0, second=0, microsecond=0)
        for back in range(BUCKETS[span] - 1, -1, -1):
            yield (hour - timedelta(hours=back)).astimezone(zone)
        return
    for back in range(BUCKETS[span] - 1, -1, -1):
        day = local.date() - timedelta(days=back)
        yield datetime(day.year, day.month, day.day, tzinfo=zone)


def _label(moment: datetime, span: Span) -> str:
    return date_format(moment, "TIME_FORMAT" if span is Span.DAY else "MONTH_DAY_FORMAT")
