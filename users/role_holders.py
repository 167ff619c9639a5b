"""Who holds which role: counts for the catalogue, one page of holders of a role, all for the export."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.http import Http404

from users.access import Decision
from users.models import GroupMember, RoleAssignment
from users.refusals import sentence
from users.roles import ROLE_OF_TEMPLATE, TEMPLATE_IDS, Role

PAGE_ROWS: Final = 50
"""Assignments on one page of a role."""
MOST_MEMBERS: Final = 10
"""Members of a group that are named below it."""
ALIVE: Final = Q(user=None) | Q(user__deleted_at=None)
"""Assignments of groups, and of people who are not deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One assignment as it is listed; ``members`` name some of the people of a group, ``more`` counts the others.

    ``is_last`` where nobody enabled would be left who is a Global Administrator.
    """

    row: RoleAssignment
    members: tuple[str, ...] = ()
    more: int = 0
    is_last: bool = False

    @property
    def keep_reason(self) -> str:
        """Say why nobody may take it away, or nothing."""
        return last_reason() if self.is_last else ""

    @property
    def name(self) -> str:
        """Return what the holder is called."""
        return self.row.group.name if self.row.group else self.row.user.display_name if self.row.user else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingPage:
    """Some assignments in the order of names; ``next_after`` is the id to go on behind, or None at the end."""

    holdings: tuple[Holding, ...]
    next_after: UUID | None


def count_holders() -> Counter[Role]:
    """Count the people who hold each role, by name or through a group, each once; two queries, inside the scope."""
    direct = RoleAssignment.objects.filter(user__deleted_at=None, group=None)
    named_too = direct.filter(role=OuterRef("role"), user=OuterRef("group__memberships__user"))
    through = RoleAssignment.objects.filter(~Exists(named_too), user=None, group__memberships__user__deleted_at=None)
    counts: Counter[Role] = Counter()
    for rows, person in ((direct, "user"), (through, "group__memberships__user")):
        for template, number in rows.values_list("role").annotate(number=Count(person, distinct=True)):
            if template in ROLE_OF_TEMPLATE:
                counts[ROLE_OF_TEMPLATE[template]] += number
    return counts


def list_holdings(role: Role, *, after: str = "") -> HoldingPage:
    """Return one page of the people and groups that a role is assigned to, by name; at most five queries.

    :raises Http404: when ``after`` is no assignment of this role.
    """
    rows = _in_order(RoleAssignment.objects.filter(ALIVE, role=TEMPLATE_IDS[role]))
    if after:
        last = _find(rows, after)
        rows = rows.filter(Q(place__gt=last.place) | Q(place=last.place, pk__gt=last.pk))  # type: ignore[attr-defined]
    found = list(rows[: PAGE_ROWS + 1])
    shown, has_more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
    return HoldingPage(holdings=tuple(_with_members(shown)), next_after=shown[-1].pk if has_more else None)


def last_of(rows: Iterable[RoleAssignment]) -> frozenset[UUID]:
    """Return which of these assignments no other Global Administrator stands beside; at most one query."""
    asked = [row.pk for row in rows if row.role == TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]]
    if not asked:
        return frozenset()
    enabled = GroupMember.objects.filter(user__account_enabled=True, user__deleted_at=None)
    by_name = Q(user__account_enabled=True, user__deleted_at=None)
    by_group = Q(Exists(enabled.filter(group=OuterRef("group"))), group__is_role_assignable=True)
    in_force = RoleAssignment.objects.filter(by_name | by_group, is_active=True, is_restricted_unit=False, unit=None)
    give = set(in_force.filter(role=TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]).values_list("pk", flat=True)[:2])
    return frozenset(pk for pk in asked if not give - {pk})


def last_reason() -> str:
    """Say that somebody is the last Global Administrator."""
    return sentence(Decision(allowed=False, code="LAST_GLOBAL_ADMIN"))


def list_roles_of(user_id: UUID) -> list[RoleAssignment]:
    """Return what is assigned to a person by name, in the order of the catalogue; one query."""
    rows = RoleAssignment.objects.filter(user=user_id).select_related("unit")
    order = list(Role)
    return sorted(
        (row for row in rows if row.role in ROLE_OF_TEMPLATE),
        key=lambda row: (order.index(ROLE_OF_TEMPLATE[row.role]), row.unit.name if row.unit else ""),
    )


def get_assignment(assignment_id: UUID) -> RoleAssignment:
    """Return an assignment of a catalogue role whose holder is not deleted.

    :raises Http404: when there is none; another tenant's do not exist here.
    """
    rows = RoleAssignment.objects.filter(ALIVE, pk=assignment_id).select_related("user", "group", "unit")
    row = next(iter(rows), None)
    if row is None or row.role not in ROLE_OF_TEMPLATE:
        raise Http404
    return row


def _in_order(rows: QuerySet[RoleAssignment]) -> QuerySet[RoleAssignment]:
    place = Coalesce("user__sort_name", Lower("group__name"))
    return rows.annotate(place=place).select_related("user", "group", "unit").order_by("place", "pk")


def _find(rows: QuerySet[RoleAssignment], after: str) -> RoleAssignment:
    try:
        row = rows.filter(pk=UUID(after)).first()
    except ValueError:
        row = None
    if row is None:
        raise Http404
    return row


def _with_members(rows: Iterable[RoleAssignment]) -> list[Holding]:
    rows = list(rows)
    last = last_of(rows)
    groups = [row.group_id for row in rows if row.group_id]
    if not groups:
        return [Holding(row=row, is_last=row.pk in last) for row in rows]
    members = GroupMember.objects.filter(group__in=groups, user__deleted_at=None)
    counts = dict(members.values_list("group").annotate(number=Count("pk")))
    named: dict[UUID, list[str]] = defaultdict(list)
    in_order = members.order_by("user__sort_name").annotate(name=F("user__display_name"))
    for group_id, name in in_order.values_list("group", "name")[: MOST_MEMBERS * PAGE_ROWS]:
        named[group_id].append(name)
    return [
        Holding(
            row=row,
            members=tuple(named[row.group_id][:MOST_MEMBERS]) if row.group_id else (),
            more=max(0, counts.get(row.group_id, 0) - MOST_MEMBERS),
            is_last=row.pk in last,
        )
        for row in rows
    ]
