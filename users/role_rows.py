"""The catalogue as the roles page lists it: searched, grouped, with counts and marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from users.actors import Actor
from users.models import RoleFavourite
from users.names import fold_text
from users.role_catalogue import CATALOGUE, CATEGORY_NAMES, PRIVILEGED, UNIT_ROLES, Category
from users.role_holders import count_holders
from users.role_names import role_name
from users.roles import ROLE_OF_TEMPLATE, TEMPLATE_IDS, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """One role of the catalogue; ``holders`` counts people."""

    role: Role
    template_id: UUID
    name: str
    description: str
    category: str
    is_privileged: bool
    is_for_units: bool
    is_favourite: bool = False
    holders: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGroup:
    """Roles under one heading; an empty one stands over the whole list."""

    heading: str
    rows: tuple[RoleRow, ...]


def list_roles(
    *, actor: Actor, search: str = "", category: Category | None = None, only_favourites: bool = False
) -> list[RoleRow]:
    """Return the roles that match, by name in the active language; three queries, inside the scope."""
    marked = set(RoleFavourite.objects.filter(user=actor.user).values_list("role", flat=True))
    counts, words = count_holders(), fold_text(search).split()
    rows = [
        describe_role(role, is_favourite=TEMPLATE_IDS[role] in marked, holders=counts[role])
        for role in Role
        if (category is None or CATALOGUE[role].category is category)
        and (not only_favourites or TEMPLATE_IDS[role] in marked)
    ]
    return sorted((row for row in rows if _matches(row, words)), key=lambda row: row.name)


def find_roles(search: str) -> list[RoleRow]:
    """Return the roles that match, by name in the active language, without marks and holders; no query."""
    words = fold_text(search).split()
    rows = (describe_role(role) for role in Role)
    return sorted((row for row in rows if _matches(row, words)), key=lambda row: row.name)


def group_by_category(rows: Iterable[RoleRow]) -> list[RoleGroup]:
    """Return the same rows under the headings of their categories, those without any left out."""
    kept = list(rows)
    groups = [
        RoleGroup(
            heading=str(CATEGORY_NAMES[category]),
            rows=tuple(row for row in kept if CATALOGUE[row.role].category is category),
        )
        for category in Category
    ]
    return [group for group in groups if group.rows]


def describe_role(role: Role, *, is_favourite: bool = False, holders: int = 0) -> RoleRow:
    """Return a role as pages show it, in the active language; no query."""
    facts = CATALOGUE[role]
    return RoleRow(
        role=role,
        template_id=TEMPLATE_IDS[role],
        name=role_name(role),
        description=str(facts.description),
        category=str(CATEGORY_NAMES[facts.category]),
        is_privileged=role in PRIVILEGED,
        is_for_units=role in UNIT_ROLES,
        is_favourite=is_favourite,
        holders=holders,
    )


def find_role(template_id: UUID) -> Role | None:
    """Return the role of the catalogue with this id, or None."""
    return ROLE_OF_TEMPLATE.get(template_id)


def _matches(row: RoleRow, words: Iterable[str]) -> bool:
    text = fold_text(f"{row.name} {row.role} {row.description}")
    return all(word in text for word in words)
