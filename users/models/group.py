"""Groups, their members and owners."""

from __future__ import annotations

import uuid

from django.db import models
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class Group(models.Model):
    """A set of people; a role-assignable one protects its members and owners."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=256)
    is_role_assignable = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="group_name_once")]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """Membership of one person in one group."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="group_member_once")]


class GroupOwner(models.Model):
    """Ownership of one group by one person."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="ownerships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="ownerships")

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="group_owner_once")]
