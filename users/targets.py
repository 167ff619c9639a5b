"""What is known about the people whom an action would reach; always by the batch, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adminportal.queries import Question, fetch, one_of
from users.models import User
from users.roles import ROLE_OF_TEMPLATE, Role, Standing

FACTS = """
    SELECT m.user_id, g.name, g.is_role_assignable, a.role, a.is_restricted_unit, CAST(NULL AS uuid)
    FROM users_groupmember m
    JOIN users_group g ON g.id = m.group_id
    LEFT JOIN users_roleassignment a ON a.group_id = g.id
    WHERE m.user_id {people} AND m.tenant_id {tenants} AND (g.is_role_assignable OR a.id IS NOT NULL)
    UNION ALL
    SELECT o.user_id, g.name, g.is_role_assignable, NULL, NULL, NULL
    FROM users_groupowner o JOIN users_group g ON g.id = o.group_id
    WHERE o.user_id {people} AND o.tenant_id {tenants} AND g.is_role_assignable
    UNION ALL
    SELECT user_id, NULL, NULL, role, is_restricted_unit, NULL
    FROM users_roleassignment WHERE user_id {people} AND tenant_id {tenants}
    UNION ALL
    SELECT user_id, NULL, NULL, NULL, NULL, unit_id
    FROM users_unitmember WHERE user_id {people} AND tenant_id {tenants}
    UNION ALL
    SELECT NULL, name, NULL, NULL, NULL, NULL FROM users_domain WHERE is_federated AND tenant_id {tenants}
"""
"""Everything that decides about people, found by their ids; the first part says of which type each column is."""
PARTS_ABOUT_PEOPLE = 4


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


def _facts_of(people: Mapping[UUID, User]) -> list[tuple[Any, ...]]:
    """Read everything side by side: joined it would give members times owners times units of every group.

    Each row is (person or None for a federated domain, name, role-assignable, role, restricted, unit).
    """
    if not people:
        return []
    tenants = {user.tenant_id for user in people.values()}
    return fetch(*facts_question(list(people), tenants), uuid_columns=(0, 3, 5))


def facts_question(user_ids: Collection[UUID], tenant_ids: Collection[UUID]) -> Question:
    """Return what :func:`load_facts` asks about people, in the order of their ids, to be asked ahead."""
    (of_people, people), (of_tenants, tenants) = one_of(user_ids), one_of(tenant_ids)
    return FACTS.format(people=of_people, tenants=of_tenants), (*(*people, *tenants) * PARTS_ABOUT_PEOPLE, *tenants)
