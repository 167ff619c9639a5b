"""Who has any standing: a role, however it is held, or a place in a role-assignable group."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from users.models import GroupMember, GroupOwner, RoleAssignment


def standing_ids() -> QuerySet[Any, Any]:
    """Return the ids of everybody in the tenant who has any standing, as one subquery; inside the scope."""
    protected = Q(group__is_role_assignable=True)
    direct = RoleAssignment.objects.filter(user__isnull=False).values("user")
    members = GroupMember.objects.filter(protected | Q(group__role_assignments__isnull=False)).values("user")
    owners = GroupOwner.objects.filter(protected).values("user")
    return direct.union(members, owners)
