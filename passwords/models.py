"""Resets with their sealed result, links to it, history and policy."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models import Tenant, User


class PasswordPolicy(models.Model):
    """The tenant's rules (password-policy.md); a tenant without a row has the defaults."""

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


class PasswordHistory(models.Model):
    """A hash that is no longer in force."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_history")
    password = models.CharField(max_length=256)
    retired_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [models.Index(fields=["user", "-retired_at"], name="history_newest_first")]


class PasswordReset(models.Model):
    """One attempt to give one person a new password, with its end."""

    class Outcome(models.TextChoices):
        """How it ended."""

        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(User, on_delete=models.CASCADE, related_name="resets")
    starter = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    starter_name = models.CharField(max_length=256, blank=True, default="")
    entrance = models.CharField(max_length=16)
    idempotency_key = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    code = models.CharField(max_length=40, blank=True, default="")
    acting_role = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=256, blank=True, default="")
    ticket = models.CharField(max_length=64, blank=True, default="")
    correlation_id = models.UUIDField()
    must_change = models.BooleanField(default=True)
    style = models.CharField(max_length=16, blank=True, default="")  # empty where the password was typed
    created_at = models.DateTimeField()
    temporary_expires_at = models.DateTimeField(null=True, default=None)
    sealed_password = models.TextField(blank=True, default="")
    sealed_until = models.DateTimeField(null=True, default=None)
    shown_at = models.DateTimeField(null=True, default=None)
    first_used_at = models.DateTimeField(null=True, default=None)
    changed_at = models.DateTimeField(null=True, default=None)
    replaced_at = models.DateTimeField(null=True, default=None)
    expiry_noted_at = models.DateTimeField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "idempotency_key", "target"], name="reset_once_a_form")
        ]
        indexes = [
            models.Index(fields=["target", "-created_at"], name="reset_newest_first"),
            models.Index(
                fields=["temporary_expires_at"],
                name="reset_running_out",
                condition=models.Q(replaced_at=None, expiry_noted_at=None),
            ),
            models.Index(
                fields=["sealed_until"],
                name="reset_still_sealed",
                condition=~models.Q(sealed_password=""),  # noqa: S106
            ),
        ]


class RevealLink(models.Model):
    """One recipient's way to the sealed result of a reset; its id is the id of the message that carries it.

    Whether it was opened stands in the message alone.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    reset = models.ForeignKey(PasswordReset, on_delete=models.CASCADE, related_name="links")
    address = models.CharField(max_length=254)
    is_alternate = models.BooleanField(default=False)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reset", "address"], name="link_one_a_recipient")]
