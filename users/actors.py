"""Who acts: an administrator, the person themself, the operator at the shell, or the portal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from adminportal.audit.record import Actor as AuditActor
from users.models import RoleAssignment, Tenant, User
from users.permissions import Permission, permissions_of
from users.role_names import role_list
from users.roles import ROLE_OF_TEMPLATE, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person with the roles of this very moment."""

    user: User
    tenant: Tenant
    roles: frozenset[Role]
    permissions: frozenset[Permission]
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
        """List the roles by their names in the active language."""
        return role_list(self.roles)

    def may(self, permission: Permission) -> bool:
        """Tell whether one of the roles gives this right."""
        return permission in self.permissions

    def for_audit(self) -> AuditActor:
        """Return the snapshot that an audit row keeps."""
        return AuditActor(
            kind="user",
            id=self.user.pk,
            display_name=self.user.display_name,
            user_principal_name=self.user.user_principal_name,
        )


OPERATOR = AuditActor(kind="operator", id=None, display_name="Operator", user_principal_name="")
SYSTEM = AuditActor(kind="system", id=None, display_name="Portal", user_principal_name="")


def load_actor(user: User, *, tenant: Tenant, proven_at: datetime | None = None) -> Actor:
    """Read the active roles of a person, direct ones and those reached through groups; one query, inside the scope."""
    roles = active_roles(user)
    return Actor(user=user, tenant=tenant, roles=roles, permissions=permissions_of(roles), proven_at=proven_at)


def reload_actor(actor: Actor) -> Actor:
    """Read row and roles again, for a question under a lock; a blocked or deleted person has no role left."""
    user = User.objects.filter(pk=actor.id, account_enabled=True, deleted_at=None).first()
    if user is None:
        return replace(actor, roles=frozenset(), permissions=frozenset())
    return load_actor(user, tenant=actor.tenant, proven_at=actor.proven_at)


def active_roles(user: User) -> frozenset[Role]:
    """Return the catalogue roles that give this person rights now, over the whole tenant; one query."""
    # The portal knows no administrative units: a role that holds within one only gives no right here.
    in_force = RoleAssignment.objects.filter(is_active=True, is_restricted_unit=False)
    direct = in_force.filter(user=user)
    through_groups = in_force.filter(group__memberships__user=user, group__is_role_assignable=True)
    templates = direct.values_list("role").union(through_groups.values_list("role"))
    return frozenset(ROLE_OF_TEMPLATE[template] for (template,) in templates if template in ROLE_OF_TEMPLATE)
