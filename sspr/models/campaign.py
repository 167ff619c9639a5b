"""Campaigns that ask people to register, and the people whom each one asked."""

from __future__ import annotations

import uuid

from django.db import models
from django_scopes import ScopedManager

from users.models import Tenant, User


class Campaign(models.Model):
    """One round of asking exactly those to register who could not get back in by themselves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    asked = models.PositiveIntegerField(default=0)
    unreachable = models.PositiveIntegerField(default=0)

    objects = ScopedManager(tenant="tenant")


class CampaignPerson(models.Model):
    """A person whom a campaign asked; whether they are ready since is read from what they registered."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    message_id = models.UUIDField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "user"], name="campaign_asks_once")]
        indexes = [
            models.Index(fields=["campaign", "id"], name="campaign_not_asked_yet", condition=models.Q(message_id=None))
        ]
