"""Who holds which directory role."""

from __future__ import annotations

import uuid

from django.db import models
from django_scopes import ScopedManager

from users.models.group import Group
from users.models.tenant import Tenant
from users.models.unit import AdministrativeUnit
from users.models.user import User


class RoleAssignment(models.Model):
    """A role held by a person, or by everybody in a role-assignable group, over the tenant or over one unit of it.

    ``role`` is the template id of the catalogue, or the id of a custom role that the portal does not know. An
    eligible assignment (``is_active`` false) counts as held when it is asked who may reset its holder, and gives
    no right to the holder. ``is_restricted_unit`` marks a scope of another product that the portal cannot tell the
    extent of: such a role protects its holder and gives no right.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="role_assignments")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.UUIDField(db_index=True)
    unit = models.ForeignKey(AdministrativeUnit, null=True, on_delete=models.PROTECT, related_name="role_assignments")
    is_active = models.BooleanField(default=True)
    is_restricted_unit = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"], condition=models.Q(unit__isnull=True), name="role_of_user_once"
            ),
            models.UniqueConstraint(
                fields=["group", "role"], condition=models.Q(unit__isnull=True), name="role_of_group_once"
            ),
            models.UniqueConstraint(fields=["user", "role", "unit"], name="role_of_user_once_a_unit"),
            models.UniqueConstraint(fields=["group", "role", "unit"], name="role_of_group_once_a_unit"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(group__isnull=True), name="role_has_one_holder"
            ),
        ]
