"""Resets with their sealed result, and links to it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from passwords.models.bulk import BulkJob
from users.models import Tenant, User


class PasswordReset(models.Model):
    """One attempt to give one person a new password, with its end.

    ``job`` is the bulk job that it belongs to. A blind one is for the person alone: its starter never opens it.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    target = models.ForeignKey(User, on_delete=models.CASCADE, related_name="resets", db_index=False)
    starter = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    starter_name = models.CharField(max_length=256, blank=True, default="")
    job = models.ForeignKey(BulkJob, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    is_blind = models.BooleanField(default=False)
    entrance = models.CharField(max_length=16)
    idempotency_key = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    code = models.CharField(max_length=40, blank=True, default="")
    acting_role = models.CharField(max_length=64, blank=True, default="")
    acting_unit = models.CharField(max_length=128, blank=True, default="")
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
            models.Index(fields=["job"], name="reset_of_job", condition=models.Q(job__isnull=False)),
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

    Whether it was opened stands in the message alone. Where the tenant puts passwords in e-mails the message carries
    the password and no link; the row still says who got it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    reset = models.ForeignKey(PasswordReset, on_delete=models.CASCADE, related_name="links")
    address = models.CharField(max_length=254)
    is_alternate = models.BooleanField(default=False)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reset", "address"], name="link_one_a_recipient"),
        ]
