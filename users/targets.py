"""What is known about the people whom an action would reach; always by the batch, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import BooleanField, Q, UUIDField, Value

from users.models import Domain, GroupMember, GroupOwner, RoleAssignment, User
from users.roles import ROLE_OF_TEMPLATE, Role, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """A person and everything that decides who may act on them."""

    user: User
    held: frozenset[Role | Standing]
    protecting_group: str = ""
    is_federated: bool = False

    @property
    def holds_role(self) -> bool:
        """Tell whether the person holds any role or is protected by a role-assignable group."""
        return bool(self.held)


def load_facts(users: Iterable[User]) -> dict[UUID, TargetFacts]:
    """Read roles, role-assignable groups and federated domains of these people; three queries, inside the scope."""
    people = {user.pk: user for user in users}
    held: dict[UUID, set[Role | Standing]] = defaultdict(set)
    protecting: dict[UUID, str] = {}
    _add_direct_roles(people, held)
    _add_groups(people, held, protecting)
    federated = set(Domain.objects.filter(is_federated=True).values_list("name", flat=True))
    return {
        pk: TargetFacts(
            user=user,
            held=frozenset(held[pk]),
            protecting_group=protecting.get(pk, ""),
            is_federated=user.upn_folded.partition("@")[2] in federated,
        )
        for pk, user in people.items()
    }


def _add_direct_roles(people: dict[UUID, User], held: dict[UUID, set[Role | Standing]]) -> None:
    rows = RoleAssignment.objects.filter(user__in=people).values_list("user_id", "role", "is_restricted_unit")
    for user_id, role, is_restricted in rows:
        held[user_id].add(ROLE_OF_TEMPLATE.get(role, Standing.OTHER))
        if is_restricted:
            held[user_id].add(Standing.RESTRICTED_UNIT)


def _add_groups(people: dict[UUID, User], held: dict[UUID, set[Role | Standing]], protecting: dict[UUID, str]) -> None:
    """Read memberships and ownerships side by side: joined they would give members times owners of every group."""
    memberships = GroupMember.objects.filter(
        Q(group__is_role_assignable=True) | Q(group__role_assignments__isnull=False), user__in=people
    ).values_list(
        "user_id",
        "group__name",
        "group__is_role_assignable",
        "group__role_assignments__role",
        "group__role_assignments__is_restricted_unit",
    )
    ownerships = GroupOwner.objects.filter(user__in=people, group__is_role_assignable=True).values_list(
        "user_id",
        "group__name",
        "group__is_role_assignable",
        Value(None, output_field=UUIDField(null=True)),
        Value(None, output_field=BooleanField(null=True)),
    )
    for user_id, name, is_role_assignable, role, is_restricted in memberships.union(ownerships):
        if is_role_assignable:
            _protect(user_id, name, held, protecting)
        if role:
            held[user_id].add(ROLE_OF_TEMPLATE.get(role, Standing.OTHER))
        if is_restricted:
            held[user_id].add(Standing.RESTRICTED_UNIT)


def _protect(
    user_id: UUID, group_name: str, held: dict[UUID, set[Role | Standing]], protecting: dict[UUID, str]
) -> None:
    held[user_id].add(Standing.ROLE_ASSIGNABLE_GROUP)
    protecting[user_id] = min(group_name, protecting.get(user_id, group_name))
