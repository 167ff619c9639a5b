"""What is known about the people whom an action would reach; always by the batch, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, CharField, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from users.models import Domain, GroupMember, GroupOwner, RoleAssignment, UnitMember, User
from users.roles import ROLE_OF_TEMPLATE, Role, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """A person and everything that decides who may act on them."""

    user: User
    held: frozenset[Role | Standing]
    protecting_group: str = ""
    is_federated: bool = False
    unit_ids: frozenset[UUID] = frozenset()

    @property
    def holds_role(self) -> bool:
        """Tell whether the person holds any role or is protected by a role-assignable group."""
        return bool(self.held)


def load_facts(users: Iterable[User]) -> dict[UUID, TargetFacts]:
    """Read roles, role-assignable groups, units and federated domains of these people; one query, inside the scope."""
    people = {user.pk: user for user in users}
    held: dict[UUID, set[Role | Standing]] = defaultdict(set)
    units: dict[UUID, set[UUID]] = defaultdict(set)
    protecting: dict[UUID, str] = {}
    federated: set[str] = set()
    for user_id, name, is_role_assignable, role, is_restricted, unit_id in _facts_of(people):
        if user_id is None:
            federated.add(name)
            continue
        if is_role_assignable:
            held[user_id].add(Standing.ROLE_ASSIGNABLE_GROUP)
            protecting[user_id] = min(name, protecting.get(user_id, name))
        if role:
            held[user_id].add(ROLE_OF_TEMPLATE.get(role, Standing.OTHER))
        if is_restricted:
            held[user_id].add(Standing.RESTRICTED_UNIT)
        if unit_id:
            units[user_id].add(unit_id)
    return {
        pk: TargetFacts(
            user=user,
            held=frozenset(held[pk]),
            protecting_group=protecting.get(pk, ""),
            is_federated=user.upn_folded.partition("@")[2] in federated,
            unit_ids=frozenset(units[pk]),
        )
        for pk, user in people.items()
    }


def _facts_of(people: Iterable[UUID]) -> QuerySet[Any, tuple[Any, ...]]:
    """Read everything side by side: joined it would give members times owners times units of every group.

    Each row is (person or None for a federated domain, name, role-assignable, role, restricted, unit).
    """
    ids = list(people)
    no_id, no_flag = Value(None, output_field=UUIDField(null=True)), Value(None, output_field=BooleanField(null=True))
    no_name = Value(None, output_field=CharField(null=True))
    members = GroupMember.objects.filter(
        Q(group__is_role_assignable=True) | Q(group__role_assignments__isnull=False), user__in=ids
    ).values_list(
        "user_id",
        "group__name",
        "group__is_role_assignable",
        "group__role_assignments__role",
        "group__role_assignments__is_restricted_unit",
        Cast(Value(None), output_field=UUIDField()),  # the first part says of which type each column is
    )
    owners = GroupOwner.objects.filter(user__in=ids, group__is_role_assignable=True)
    direct = RoleAssignment.objects.filter(user__in=ids)
    in_units = UnitMember.objects.filter(user__in=ids)
    federated = Domain.objects.filter(is_federated=True)
    return members.union(
        owners.values_list("user_id", "group__name", "group__is_role_assignable", no_id, no_flag, no_id),
        in_units.values_list("user_id", no_name, no_flag, no_id, no_flag, "unit_id"),
        direct.values_list("user_id", no_name, no_flag, "role", "is_restricted_unit", no_id),
        federated.values_list(no_id, "name", no_flag, no_id, no_flag, no_id),
        all=True,
    )
