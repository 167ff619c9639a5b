"""By what people are sorted beside their names: kept apart, so that a reset writes none of these indexes anew.

PostgreSQL writes a row that gets a new moment of change into every index of its table. Whoever resets ten thousand
people would pay for the order of departments too.
"""

from __future__ import annotations

from django.db import models
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class SortKeys(models.Model):
    """The folded texts of one person; filled by triggers of the database (``users/sort_triggers.py``), never by us."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="sort_keys")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    department = models.CharField(max_length=256)
    office = models.CharField(max_length=256)
    city = models.CharField(max_length=256)
    country = models.CharField(max_length=256)
    name = models.CharField(max_length=256)
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "department", "name", "user"], name="keys_by_department"),
            models.Index(fields=["tenant", "office", "name", "user"], name="keys_by_office"),
            models.Index(fields=["tenant", "city", "name", "user"], name="keys_by_city"),
            models.Index(fields=["tenant", "country", "name", "user"], name="keys_by_country"),
            models.Index(fields=["tenant", "created_at", "user"], name="keys_by_creation"),
        ]

    def __str__(self) -> str:
        return f"sort keys of {self.user_id}"
