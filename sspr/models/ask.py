"""What strangers asked on a public page, until a worker has looked into it."""

from __future__ import annotations

import uuid

from django.db import models


class AskKind(models.TextChoices):
    """What was asked for."""

    HELP = "help"
    USER_NAME = "name"


class PublicAsk(models.Model):
    """One question; the page answered it before anybody looked whether a person of that name or address is there.

    ``sealed`` is what was typed (purpose ``public-ask``, context the row's id): somebody may type a password there.
    The row is deleted by the transaction that deals with it. Not scoped: no tenant is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=AskKind.choices)
    sealed = models.TextField(blank=True, default="")
    attempt_id = models.UUIDField(null=True, default=None)
    correlation_id = models.UUIDField()
    ip_address = models.CharField(max_length=64, blank=True, default="")
    user_agent = models.CharField(max_length=256, blank=True, default="")
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="ask_oldest_first")]
