"""What is known about the people whom an action would reach; always by the batch, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from users.models import Domain, Group, RoleAssignment, User
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
    rows = (
        Group.objects.filter(Q(is_role_assignable=True) | Q(role_assignments__isnull=False))
        .filter(Q(memberships__user__in=people) | Q(ownerships__user__in=people))
        .values_list(
            "name",
            "is_role_assignable",
            "memberships__user_id",
            "ownerships__user_id",
            "role_assignments__role",
            "role_assignments__is_restricted_unit",
        )
    )
    for name, is_role_assignable, member_id, owner_id, role, is_restricted in rows:
        for user_id in {member_id, owner_id} & people.keys():
            if is_role_assignable:
                held[user_id].add(Standing.ROLE_ASSIGNABLE_GROUP)
                protecting[user_id] = min(name, protecting.get(user_id, name))
            if role and user_id == member_id:
                held[user_id].add(ROLE_OF_TEMPLATE.get(role, Standing.OTHER))
            if is_restricted and user_id == member_id:
                held[user_id].add(Standing.RESTRICTED_UNIT)
