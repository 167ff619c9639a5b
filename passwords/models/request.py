"""Requests of people who asked an administrator for a new password."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models import Tenant, User


class RequestState(models.TextChoices):
    """Where a request stands; done and declined end it."""

    NEW = "new", _("New")
    TAKEN = "taken", _("Taken")
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")


class PasswordRequest(models.Model):
    """One person's call for help; asking again within 24 hours raises ``repeats`` of the row that is there.

    ``is_mailed`` is false where the tenant's own help desk is told by its own way and no mail of ours goes out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_requests")
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.NEW)
    sspr_code = models.CharField(max_length=12, blank=True, default="")
    reported_unwanted = models.BooleanField(default=False)
    repeats = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=64, blank=True, default="")
    correlation_id = models.UUIDField()
    created_at = models.DateTimeField()
    last_asked_at = models.DateTimeField()
    is_mailed = models.BooleanField(default=True)
    mailed_at = models.DateTimeField(null=True, default=None)
    handled_by = models.ForeignKey(User, null=True, default=None, on_delete=models.SET_NULL, related_name="+")
    handled_by_name = models.CharField(max_length=256, blank=True, default="")
    handled_at = models.DateTimeField(null=True, default=None)
    note = models.CharField(max_length=500, blank=True, default="")

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-last_asked_at", "-id"], name="request_newest_first"),
            models.Index(fields=["user", "-created_at"], name="request_of_person"),
        ]
