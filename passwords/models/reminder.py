"""Which reminder of the end of a password went out last."""

from __future__ import annotations

from django.db import models
from django_scopes import ScopedManager

from users.models import Tenant, User


class PasswordReminder(models.Model):
    """The last reminder to a person: of which password, under how many days, and how many days before its end."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    password_changed_at = models.DateTimeField()
    password_days = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    message_id = models.UUIDField()

    objects = ScopedManager(tenant="tenant")
