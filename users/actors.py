"""Who acts: an administrator, the person themself, the operator at the shell, or the portal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from adminportal.audit.record import Actor as AuditActor
from adminportal.queries import Question, fetch
from users.models import Tenant, User
from users.permissions import Permission, permissions_of
from users.role_names import role_list
from users.roles import ROLE_OF_TEMPLATE, Role
from users.snapshots import snapshot_of

ROLES = """
    WITH held AS (
        SELECT role, unit_id, is_active, is_restricted_unit, tenant_id
        FROM users_roleassignment WHERE user_id = {person}
        UNION
        SELECT a.role, a.unit_id, a.is_active, a.is_restricted_unit, a.tenant_id
        FROM users_groupmember m
        JOIN users_group g ON g.id = m.group_id
        JOIN users_roleassignment a ON a.group_id = g.id
        WHERE m.user_id = {person} AND g.is_role_assignable
    )
    SELECT held.role, held.unit_id, n.name
    FROM held LEFT JOIN users_administrativeunit n ON n.id = held.unit_id
    JOIN users_user u ON u.tenant_id = held.tenant_id
    WHERE u.id = {person} AND u.account_enabled AND u.deleted_at IS NULL
    AND held.is_active AND NOT held.is_restricted_unit
"""
"""Roles in force of one person. A restricted unit is a scope that the portal does not know the extent of: no right."""
PERSON_OF_SESSION = "(SELECT s.user_id FROM users_session s WHERE s.key_digest = %s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person with the roles of this very moment.

    ``roles`` are held over the whole tenant, ``unit_roles`` over one administrative unit each; ``unit_names`` says
    what these units are called. ``permissions`` open pages; whom they reach is asked for each target.
    """

    user: User
    tenant: Tenant
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    unit_roles: Mapping[UUID, frozenset[Role]] = field(default_factory=dict)
    unit_names: Mapping[UUID, str] = field(default_factory=dict)
    proven_at: datetime | None = None

    @property
    def id(self) -> UUID:
        """Return the person's id."""
        return self.user.pk

    @property
    def is_admin(self) -> bool:
        """Tell whether the person holds any role that opens the admin center."""
        return Permission.ADMIN_ENTER in self.permissions

    @property
    def display_name(self) -> str:
        """Return the name that people read."""
        return self.user.display_name

    @property
    def user_principal_name(self) -> str:
        """Return the user name as it was written."""
        return self.user.user_principal_name

    @property
    def role_label(self) -> str:
        """Return the roles as one line."""
        return ", ".join(self.role_names)

    @property
    def role_names(self) -> list[str]:
        """List the roles by their names in the active language, those over a unit with the name of the unit."""
        scoped = [
            f"{name} ({self.unit_names[unit_id]})"
            for unit_id, roles in self.unit_roles.items()
            for name in role_list(roles)
        ]
        return role_list(self.roles) + sorted(scoped)

    def may(self, permission: Permission) -> bool:
        """Tell whether one of the roles gives this right."""
        return permission in self.permissions

    def for_audit(self) -> AuditActor:
        """Return the snapshot that an audit row keeps."""
        return snapshot_of(self.user)


OPERATOR = AuditActor(kind="operator", id=None, display_name="Operator", user_principal_name="")
SYSTEM = AuditActor(kind="system", id=None, display_name="Portal", user_principal_name="")


def roles_question(user_id: UUID) -> Question:
    """Return what :func:`load_actor` asks about a person, to be asked ahead."""
    return ROLES.format(person="%s"), (user_id, user_id, user_id)


def roles_question_of_session(key_digest: str) -> Question:
    """Return what :func:`load_actor` asks about the person of a session, for before the person is known."""
    return ROLES.format(person=PERSON_OF_SESSION), (key_digest, key_digest, key_digest)


def load_actor(
    user: User, *, tenant: Tenant, proven_at: datetime | None = None, question: Question | None = None
) -> Actor:
    """Read the active roles of a person, direct ones and those reached through groups; one query, inside the scope.

    A blocked or deleted person has no role. ``question`` is how it is asked where it was asked ahead.
    """
    roles, unit_roles, unit_names = _active_roles(question or roles_question(user.pk))
    return Actor(
        user=user,
        tenant=tenant,
        roles=roles,
        permissions=permissions_of(roles, frozenset().union(*unit_roles.values())),
        unit_roles=unit_roles,
        unit_names=unit_names,
        proven_at=proven_at,
    )


def reload_actor(actor: Actor) -> Actor:
    """Read the roles again, for a question under a lock; a blocked or deleted person has no role left; one query."""
    return load_actor(actor.user, tenant=actor.tenant, proven_at=actor.proven_at)


def _active_roles(question: Question) -> tuple[frozenset[Role], dict[UUID, frozenset[Role]], dict[UUID, str]]:
    """Return the catalogue roles that give this person rights now: over the tenant, over units, names of these."""
    tenant_wide = set[Role]()
    scoped: dict[UUID, set[Role]] = defaultdict(set)
    names: dict[UUID, str] = {}
    for template, unit_id, unit_name in fetch(*question, uuid_columns=(0, 1)):
        if template not in ROLE_OF_TEMPLATE:
            continue
        role = ROLE_OF_TEMPLATE[template]
        if unit_id is None:
            tenant_wide.add(role)
        else:
            scoped[unit_id].add(role)
            names[unit_id] = unit_name
    return frozenset(tenant_wide), {unit: frozenset(roles) for unit, roles in scoped.items()}, names
