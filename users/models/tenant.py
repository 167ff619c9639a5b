"""Organisations and their domains."""

from __future__ import annotations

import uuid

from django.db import models
from django_scopes import ScopedManager


class Tenant(models.Model):
    """One organisation; everything else belongs to exactly one.

    ``managed_contacts`` lists the contact kinds that HR or IT looks after (``managed_by``, reached at
    ``managed_contact``): their owners see them locked. Passwords are good for ``password_days``, 0 for ever; those that
    were too old when that began to count (``password_expiry_since``) end within ``password_spread_days``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=256)
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    brand_color = models.CharField(max_length=7, default="#0f6cbd")
    support_contact = models.CharField(max_length=254, blank=True, default="")
    admin_mfa_required = models.BooleanField(default=False)
    step_up_minutes = models.PositiveSmallIntegerField(default=10)
    lockout_threshold = models.PositiveSmallIntegerField(default=10)
    lockout_seconds = models.PositiveSmallIntegerField(default=60)
    lockout_hard_stop = models.PositiveSmallIntegerField(default=100)
    force_change_locked = models.BooleanField(default=False)
    reset_reason_required = models.BooleanField(default=False)
    fresh_contact_hours = models.PositiveSmallIntegerField(default=24)
    notify_user_on_admin_reset = models.BooleanField(default=True)
    show_full_contact_to_readers = models.BooleanField(default=False)
    password_in_mail = models.BooleanField(default=False)
    trusted_device_days = models.PositiveSmallIntegerField(default=30)
    licensing_mode = models.CharField(max_length=12, default="portal")
    support_url = models.CharField(max_length=254, blank=True, default="")
    managed_contacts = models.JSONField(default=list)
    managed_by = models.CharField(max_length=128, blank=True, default="")
    managed_contact = models.CharField(max_length=254, blank=True, default="")
    password_days = models.PositiveSmallIntegerField(default=0)
    password_notice_days = models.PositiveSmallIntegerField(default=14)
    password_spread_days = models.PositiveSmallIntegerField(default=14)
    password_expiry_since = models.DateTimeField(null=True, default=None)
    password_reminded_at = models.DateTimeField(null=True, default=None)

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A domain name whose user names belong to one tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=48, unique=True)
    is_default = models.BooleanField(default=False)
    is_federated = models.BooleanField(default=False)

    objects = ScopedManager(tenant="tenant")

    def __str__(self) -> str:
        return self.name
