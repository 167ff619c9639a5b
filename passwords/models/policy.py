"""The tenant's password rules, and hashes that are no longer in force."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models import Tenant, User


class PasswordPolicy(models.Model):
    """The tenant's rules; a tenant without a row has the defaults."""

    class Profile(models.TextChoices):
        """Rule set that passwords obey."""

        MICROSOFT_365 = "microsoft365", _("Microsoft 365")
        NIST = "nist", _("NIST SP 800-63B-4")

    tenant = models.OneToOneField(Tenant, primary_key=True, on_delete=models.CASCADE, related_name="password_policy")
    profile = models.CharField(max_length=16, choices=Profile.choices, default=Profile.MICROSOFT_365)
    custom_terms = models.JSONField(default=list)
    banned_scoring = models.BooleanField(default=True)
    blocklist = models.BooleanField(default=True)
    history_depth = models.PositiveSmallIntegerField(default=1)
    history_on_reset = models.BooleanField(default=True)
    temporary_lifetime_hours = models.PositiveSmallIntegerField(default=72)
    temporary_lifetime_hours_for_roles = models.PositiveSmallIntegerField(default=24)
    admin_may_choose = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=0)


class PasswordHistory(models.Model):
    """A hash that is no longer in force."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_history", db_index=False)
    password = models.CharField(max_length=256)
    retired_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [models.Index(fields=["user", "-retired_at"], name="history_newest_first")]
