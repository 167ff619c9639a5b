"""Which columns somebody has chosen for the list of people."""

from __future__ import annotations

from django.db import models
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class GridChoice(models.Model):
    """The columns of one person's own list, by the codes of ``users/grid_columns.py``; no row is the usual ones."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    columns = models.JSONField(default=list)
    chosen_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    def __str__(self) -> str:
        return f"columns of {self.user_id}"
