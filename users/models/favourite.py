"""Roles that somebody keeps at hand on the roles page."""

from __future__ import annotations

from django.db import models
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class RoleFavourite(models.Model):
    """One role that one person has marked; ``role`` is the template id of the catalogue."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_favourites")
    role = models.UUIDField()
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_favourite_once")]
