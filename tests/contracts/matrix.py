"""The two matrices as independent literal tables, and one person for each of their rows and columns."""

from __future__ import annotations

import csv
from pathlib import Path
from uuid import UUID

from adminportal import clock
from tests.cast import Cast, make_tenant
from users.models import AdministrativeUnit, Group, GroupMember, GroupOwner, RoleAssignment, UnitMember, User
from users.roles import Role
from users.tenancy import within

FOLDER = Path(__file__).resolve().parent
NOBODY = "none"
PROTECTED_GROUP = "role-assignable group member or owner"
RESTRICTED_UNIT = "role scoped to a restricted management administrative unit"
ANY_OTHER = "any other role"
BEYOND_THE_CATALOGUE = (NOBODY, PROTECTED_GROUP, RESTRICTED_UNIT, ANY_OTHER)
CUSTOM_ROLE = UUID("0c0ffee0-0000-4000-8000-000000000001")
"""A role that the portal does not know."""

Row = tuple[str, str, bool]


def rows_of(name: str) -> list[Row]:
    """Read a literal table as (role of the actor, role of the target, allowed)."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["actor_role"], row["target_role"], row["allowed"] == "yes") for row in csv.DictReader(file)]


RESET_ROWS = rows_of("role-matrix")
SENSITIVE_ROWS = rows_of("sensitive-matrix")


def name_of_actor(role: str) -> str:
    """Return the local part of whoever acts with a role."""
    return "actor." + _slug(role)


def name_of_target(role: str) -> str:
    """Return the local part of whoever is acted on in a row."""
    return "target." + _slug(role)


def make_matrix_cast(domain: str = "contoso.example") -> Cast:
    """Create a tenant with an actor and a target for every role, so that no row is about oneself."""
    cast = make_tenant(domain, "Contoso")
    for role in Role:
        cast.add(name_of_actor(role), roles=(role,))
        cast.add(name_of_target(role), roles=(role,))
    for standing in BEYOND_THE_CATALOGUE:
        cast.add(name_of_target(standing))
    cast.add("target.group.owner")
    cast.add("plain.employee")
    with within(cast.tenant):
        protect(cast, member=cast[name_of_target(PROTECTED_GROUP)], owner=cast["target.group.owner"])
        give(cast, cast[name_of_target(RESTRICTED_UNIT)], DIRECTORY_READERS, is_restricted_unit=True)
        give(cast, cast[name_of_target(ANY_OTHER)], CUSTOM_ROLE)
    return cast


DIRECTORY_READERS = UUID("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")
"""The smallest role, so that it is the restricted unit that protects its holder."""


def give(cast: Cast, user: User, role: UUID, **facts: bool | AdministrativeUnit) -> RoleAssignment:
    """Assign a role to a person; inside the scope."""
    return RoleAssignment.objects.create(tenant=cast.tenant, user=user, role=role, created_at=clock.now(), **facts)


def make_group(cast: Cast, name: str, *, is_role_assignable: bool) -> Group:
    """Create a group; inside the scope."""
    return Group.objects.create(
        tenant=cast.tenant, name=name, is_role_assignable=is_role_assignable, created_at=clock.now()
    )


def give_group(cast: Cast, group: Group, role: UUID, **facts: bool | AdministrativeUnit) -> RoleAssignment:
    """Assign a role to everybody in a group; inside the scope."""
    return RoleAssignment.objects.create(tenant=cast.tenant, group=group, role=role, created_at=clock.now(), **facts)


def join(cast: Cast, group: Group, user: User) -> None:
    """Make a person a member; inside the scope."""
    GroupMember.objects.create(tenant=cast.tenant, group=group, user=user)


def own(cast: Cast, group: Group, user: User) -> None:
    """Make a person an owner; inside the scope."""
    GroupOwner.objects.create(tenant=cast.tenant, group=group, user=user)


def make_unit(cast: Cast, name: str, *members: User) -> AdministrativeUnit:
    """Create an administrative unit of these people; inside the scope."""
    unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name=name, created_at=clock.now())
    UnitMember.objects.bulk_create(UnitMember(tenant=cast.tenant, unit=unit, user=user) for user in members)
    return unit


def protect(cast: Cast, *, member: User, owner: User) -> Group:
    """Put two people into and above a role-assignable group without a role; inside the scope."""
    group = make_group(cast, "Emergency access", is_role_assignable=True)
    join(cast, group, member)
    own(cast, group, owner)
    return group


def _slug(role: str) -> str:
    return role.lower().replace(" ", ".")
