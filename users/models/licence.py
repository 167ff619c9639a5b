"""Licences as data; their page comes later."""

from __future__ import annotations

import uuid

from django.db import models
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class LicenceProduct(models.Model):
    """A product of which a tenant holds seats; ``seats`` null means unlimited."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=128)
    seats = models.PositiveIntegerField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")

    def __str__(self) -> str:
        return self.name


class LicenceAssignment(models.Model):
    """One seat of a product given to one person."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(LicenceProduct, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="licences")

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "user"], name="licence_once")]
