"""Alternate contacts: where a person can be reached when the account is not usable."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class ContactKind(models.TextChoices):
    """What the value is."""

    ALTERNATE_EMAIL = "alternate_email", _("Alternate email")
    MOBILE_PHONE = "mobile_phone", _("Mobile phone")
    OFFICE_PHONE = "office_phone", _("Office phone")


class Contact(models.Model):
    """One address or number; at most one of a kind a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=16, choices=ContactKind.choices)
    value = models.CharField(max_length=254)
    changed_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="contact_one_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"
