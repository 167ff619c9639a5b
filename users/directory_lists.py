"""Pages of the lists of groups, of administrative units, and of the people in one of them; inside the scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404

from users.models import AdministrativeUnit, Group, GroupMember, GroupOwner, RoleAssignment, UnitMember, User
from users.role_names import role_name
from users.roles import ROLE_OF_TEMPLATE

Found = TypeVar("Found", bound=Model)

LIST_ROWS: Final = 50
"""Rows on one page of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    """One group with the numbers of its people."""

    group: Group
    members: int
    owners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUnit:
    """One administrative unit with the numbers of its people and of the roles held over it."""

    unit: AdministrativeUnit
    members: int
    roles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A role over a unit: what it is called, and who holds it."""

    role: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPage:
    """One page of groups; ``next_after`` is empty where it is the last."""

    rows: list[ListedGroup]
    next_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPage:
    """One page of units; ``next_after`` is empty where it is the last."""

    rows: list[ListedUnit]
    next_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """One page of people by name; ``next_after`` is empty where it is the last."""

    people: list[User]
    count: int
    next_after: str


def list_groups(*, search: str = "", after: str = "") -> GroupPage:
    """Return groups by name with their numbers; three queries."""
    groups = list(_named(Group.objects.all(), search, after)[: LIST_ROWS + 1])
    shown = groups[:LIST_ROWS]
    members, owners = (_numbers(model.objects.filter(group__in=shown), "group") for model in (GroupMember, GroupOwner))
    rows = [ListedGroup(group=each, members=members.get(each.pk, 0), owners=owners.get(each.pk, 0)) for each in shown]
    return GroupPage(rows=rows, next_after=shown[-1].name if len(groups) > LIST_ROWS else "")


def find_groups(search: str, *, rows: int) -> list[Group]:
    """Return the first groups by name that a search finds; one query."""
    return list(_named(Group.objects.all(), search, "")[:rows])


def list_units(*, search: str = "", after: str = "") -> UnitPage:
    """Return administrative units by name with their numbers; three queries."""
    units = list(_named(AdministrativeUnit.objects.all(), search, after)[: LIST_ROWS + 1])
    shown = units[:LIST_ROWS]
    members, roles = (_numbers(model.objects.filter(unit__in=shown), "unit") for model in (UnitMember, RoleAssignment))
    rows = [ListedUnit(unit=each, members=members.get(each.pk, 0), roles=roles.get(each.pk, 0)) for each in shown]
    return UnitPage(rows=rows, next_after=shown[-1].name if len(units) > LIST_ROWS else "")


def get_group(group_id: UUID) -> Group:
    """Return a group of this tenant.

    :raises Http404: when there is none; another tenant's groups do not exist here.
    """
    return _found(Group.objects.filter(pk=group_id))


def get_unit(unit_id: UUID) -> AdministrativeUnit:
    """Return an administrative unit of this tenant.

    :raises Http404: when there is none; another tenant's units do not exist here.
    """
    return _found(AdministrativeUnit.objects.filter(pk=unit_id))


def read_people(people: QuerySet[User], *, after: str = "") -> PeoplePage:
    """Return one page of these people by name, after the person with this id; at most three queries.

    :raises Http404: when ``after`` is no id of a person.
    """
    people = people.filter(deleted_at=None)
    count = people.count()
    if after:
        last = _found(User.objects.filter(pk=_id(after)))
        people = people.filter(Q(sort_name__gt=last.sort_name) | Q(sort_name=last.sort_name, pk__gt=last.pk))
    found = list(people.order_by("sort_name", "pk")[: LIST_ROWS + 1])
    shown = found[:LIST_ROWS]
    return PeoplePage(people=shown, count=count, next_after=str(shown[-1].pk) if len(found) > LIST_ROWS else "")


def list_holdings_of_unit(unit: AdministrativeUnit) -> list[Holding]:
    """Return the roles that are held over a unit, active or eligible; one query."""
    rows = RoleAssignment.objects.filter(unit=unit).select_related("user", "group")
    return sorted((_holding(row) for row in rows), key=lambda holding: (holding.role, holding.holder))


def list_roles_of_group(group: Group) -> list[str]:
    """Return what the roles are called that a group gives to its members, over the tenant or over a unit; one query."""
    rows = RoleAssignment.objects.filter(group=group).select_related("unit")
    return sorted(f"{_called(row)} ({row.unit.name})" if row.unit else _called(row) for row in rows)


def list_departments() -> list[str]:
    """Return every department that people are in, by name; one query."""
    named = User.objects.filter(deleted_at=None).exclude(department="")
    return list(named.order_by("department").values_list("department", flat=True).distinct())


def _holding(row: RoleAssignment) -> Holding:
    holder = row.group.name if row.group else row.user.display_name if row.user else ""
    return Holding(role=_called(row), holder=holder)


def _called(row: RoleAssignment) -> str:
    role = ROLE_OF_TEMPLATE.get(row.role)
    return role_name(role) if role else str(row.role)


def _named(things: QuerySet[Found], search: str, after: str) -> QuerySet[Found]:
    plain = search.replace("\x00", "")
    return things.filter(name__icontains=plain, name__gt=after.replace("\x00", "")).order_by("name")


def _numbers(rows: QuerySet[Model], column: str) -> dict[UUID, int]:
    return dict(rows.order_by().values_list(column).annotate(number=Count("pk")))


def _found(things: Iterable[Found]) -> Found:
    thing = next(iter(things), None)
    if thing is None:
        raise Http404
    return thing


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
