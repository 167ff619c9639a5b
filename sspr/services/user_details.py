"""User details of Usage & insights: each person with what they registered and whether it is enough."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from adminportal.audit.canonical import rfc3339
from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from sspr.crowd import PAGE_ROWS
from sspr.facts import Known, available_gates, load_known
from sspr.models import Gate, Registration, SsprPolicy
from sspr.people_state import SelfServiceState, state_of
from sspr.rules import policy_of
from users.actors import Actor
from users.models import AuthenticationMethod, Contact, Tenant, User
from users.names import fold_upn
from users.tenancy import within

CHUNK: Final = 500
"""People that are read and sent at once."""
LANGUAGE: Final = "en"
"""Of the file, whatever the reader's: programs read it."""
HEADINGS: Final = (
    *("UPN", "Name", "MFA capable", "SSPR Registered", "SSPR Enabled", "SSPR Capable"),
    *("Methods registered", "Last updated"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One person."""

    user: User
    state: SelfServiceState
    methods: tuple[str, ...]
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailPage:
    """One page of people by name; ``next_after`` is empty where it is the last."""

    rows: list[Detail]
    next_after: str


def list_details(tenant: Tenant, *, after: User | None = None) -> DetailPage:
    """Return a page of people; a fixed number of queries, inside the scope."""
    found = _read(after, PAGE_ROWS + 1)
    shown = found[:PAGE_ROWS]
    more = str(shown[-1].pk) if len(found) > PAGE_ROWS else ""
    return DetailPage(rows=_details(tenant, policy_of(tenant), shown), next_after=more)


def export_details(*, actor: Actor, now: datetime) -> Iterator[str]:
    """Record that the list was exported, then return it as pieces of one CSV file; memory stays flat."""
    details = {"Format": "csv", "Report": "Self-service user details"}
    entry = Entry(tenant_id=actor.tenant.pk, activity=Activity.EXPORTED_USERS, actor=actor.for_audit(), details=details)
    record(entry, now=now)
    return _pieces(actor.tenant)


def _pieces(tenant: Tenant) -> Iterator[str]:
    """Read piece by piece, each inside the scope: what is sent between them is sent outside of it."""
    last = None
    yield BYTE_ORDER_MARK + csv_line(HEADINGS)
    while True:
        with within(tenant), translation.override(LANGUAGE):
            people = _read(last, CHUNK)
            lines = [_cells(each) for each in _details(tenant, policy_of(tenant), people)]
        if not people:
            return
        yield "".join(map(csv_line, lines))
        last = people[-1]


def _read(after: User | None, rows: int) -> list[User]:
    people = User.objects.filter(deleted_at=None)
    if after:
        people = people.filter(Q(sort_name__gt=after.sort_name) | Q(sort_name=after.sort_name, pk__gt=after.pk))
    return list(people.order_by("sort_name", "pk")[:rows])


def _details(tenant: Tenant, policy: SsprPolicy, people: Sequence[User]) -> list[Detail]:
    if not people:
        return []
    known, available = load_known(people, policy=policy), available_gates(policy)
    methods = _registered(people)
    updated, confirmed = _updated(people, methods), _confirmed(people, methods)
    return [
        Detail(
            user=user,
            state=state_of(known[user.pk].facts, policy=policy, tenant=tenant, available=available),
            methods=tuple(_methods(known[user.pk], confirmed[user.pk])),
            updated_at=updated.get(user.pk),
        )
        for user in people
    ]


def _methods(known: Known, confirmed: Collection[str]) -> Iterator[str]:
    has = {way.gate for way in known.facts.ways} - {Gate.MOBILE_VOICE}
    if known.facts.answers:
        has.add(Gate.QUESTIONS)
    if known.facts.recovery_codes:
        has.add(Gate.RECOVERY_CODE)
    for gate in (each for each in Gate if each in has):
        place = known.places.get(gate, "")
        yield str(gate.label) if not place or fold_upn(place) in confirmed else not_confirmed(gate)


def not_confirmed(gate: Gate) -> str:
    """Return how a method is called whose address or number no code has confirmed."""
    return gettext("%(method)s (not confirmed)") % {"method": gate.label}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An address, number or app of somebody."""

    user_id: UUID
    value: str
    is_proven: bool
    since: datetime


def _registered(people: Sequence[User]) -> list[_Place]:
    methods = AuthenticationMethod.objects.filter(user__in=[user.pk for user in people])
    return [
        _Place(user_id=each.user_id, value=each.value, is_proven=each.proven_at is not None, since=each.created_at)
        for each in methods
    ]


def _confirmed(people: Sequence[User], methods: Iterable[_Place]) -> dict[UUID, set[str]]:
    """Return the addresses and numbers of each person that a code has confirmed; one query.

    What somebody registered counts more than contact data: the wizard uses it first.
    """
    proven: dict[UUID, dict[str, bool]] = {user.pk: {} for user in people}
    for user_id, value, at in Contact.objects.filter(user__in=proven).values_list("user", "value", "proven_at"):
        proven[user_id][fold_upn(value)] = at is not None
    for method in methods:
        proven[method.user_id][fold_upn(method.value)] = method.is_proven
    return {user_id: {value for value, is_proven in each.items() if is_proven} for user_id, each in proven.items()}


def _updated(people: Sequence[User], methods: Iterable[_Place]) -> dict[UUID, datetime]:
    """Return when each of them last registered or confirmed something; one query."""
    ids = [user.pk for user in people]
    latest: dict[UUID, datetime | None] = {}
    for method in methods:
        latest[method.user_id] = max(method.since, latest.get(method.user_id) or method.since)
    seen = Registration.objects.filter(user__in=ids).values_list("user", "registered_at", "reviewed_at")
    for user_id, *moments in seen:
        latest[user_id] = max(filter(None, [latest.get(user_id), *moments]), default=None)
    return {user_id: at for user_id, at in latest.items() if at}


def _cells(row: Detail) -> list[str]:
    state = row.state
    flags = (state.is_mfa_capable, state.is_registered, state.is_enabled, state.is_capable)
    return [
        row.user.user_principal_name,
        row.user.display_name,
        *("Yes" if flag else "No" for flag in flags),
        ", ".join(row.methods),
        rfc3339(row.updated_at) if row.updated_at else "",
    ]
