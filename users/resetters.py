"""Who can reset one person, and how to reach them: the same rules, asked from the other side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from users.access import Decision, source_refusal
from users.models import RoleAssignment, User
from users.refusals import sentence
from users.role_names import role_name
from users.roles import COVERS_IN_UNIT, ROLE_OF_TEMPLATE, TEMPLATE_IDS, Role, Standing, covering_roles
from users.targets import TargetFacts, load_facts

MOST_PEOPLE: Final = 5
"""People who are named of one role."""
MOST_READ: Final = 500
"""Rows that are read to name them."""
BY_NAME: str = "name"
"""Column of the union below, which no model has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resetter:
    """Somebody who can reset the person; ``unit`` is the administrative unit over which they can, or nothing."""

    name: str
    mail: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResettingRole:
    """A role that is enough, and some of those who hold it."""

    label: str
    people: tuple[Resetter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resetters:
    """The roles that are enough, smallest first; ``reason`` says why nobody can here, or nothing."""

    reason: str
    roles: tuple[ResettingRole, ...]

    @property
    def has_people(self) -> bool:
        """Tell whether anybody holds one of the roles."""
        return any(role.people for role in self.roles)


def list_resetters(user: User) -> Resetters:
    """Return who can reset this person: roles, names and work addresses; two queries, inside the scope."""
    facts = load_facts([user])[user.pk]
    code = source_refusal(facts)
    if code:
        values = {
            "user": user.display_name,
            "domain": user.upn_folded.partition("@")[2],
            "name": user.directory_name,
        }
        return Resetters(reason=sentence(Decision(allowed=False, code=code, values=values)), roles=())
    people: dict[Role, list[Resetter]] = defaultdict(list)
    for template, unit, name, mail, upn in _who(facts):
        named = people[ROLE_OF_TEMPLATE[template]]
        if len(named) < MOST_PEOPLE:
            named.append(Resetter(name=name, mail=mail or upn, unit=unit or ""))
    roles = covering_roles(facts.held)
    return Resetters(
        reason="", roles=tuple(ResettingRole(label=role_name(role), people=tuple(people[role])) for role in roles)
    )


def _who(facts: TargetFacts) -> QuerySet[RoleAssignment, tuple[Any, ...]]:
    """Read role, unit, name, address and user name of everybody whose role reaches this person and is in force."""
    held = facts.held or frozenset({Standing.NONE})
    everywhere = [TEMPLATE_IDS[role] for role in covering_roles(facts.held)]
    in_unit = [TEMPLATE_IDS[role] for role, covered in COVERS_IN_UNIT.items() if held <= covered]
    reaching = Q(unit=None, role__in=everywhere) | Q(unit__in=facts.unit_ids, role__in=in_unit)
    rows = RoleAssignment.objects.filter(reaching, is_active=True, is_restricted_unit=False)
    able = User.objects.filter(account_enabled=True, deleted_at=None).exclude(pk=facts.user.pk)
    named = _named(rows.filter(user__in=able), "user")
    grouped = rows.filter(group__is_role_assignable=True, group__memberships__user__in=able)
    return named.union(_named(grouped, "group__memberships__user")).order_by(BY_NAME)[:MOST_READ]


def _named(rows: QuerySet[RoleAssignment], person: str) -> QuerySet[RoleAssignment, tuple[Any, ...]]:
    columns = {"name": F(f"{person}__display_name"), "mail": F(f"{person}__mail")}
    names = rows.annotate(unit_name=F("unit__name"), upn=F(f"{person}__user_principal_name"), **columns)
    return names.values_list("role", "unit_name", "name", "mail", "upn")
