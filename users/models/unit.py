"""Administrative units: a part of the tenant that a role may be limited to."""

from __future__ import annotations

import uuid

from django.db import models
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class AdministrativeUnit(models.Model):
    """A named set of people; a role assigned over it gives rights over these people alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=512, blank=True, default="")
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="unit_name_once")]

    def __str__(self) -> str:
        return self.name


class UnitMember(models.Model):
    """Membership of one person in one administrative unit."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(AdministrativeUnit, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="unit_memberships")

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "user"], name="unit_member_once")]
