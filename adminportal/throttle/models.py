"""Counters of the limits that must hold without Redis."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Counter(models.Model):
    """The hits of one key under one limit that still count, changed by compare-and-set on ``version``."""

    limit = models.CharField(max_length=32)
    key_digest = models.CharField(max_length=64)
    hits = models.JSONField(default=list)
    version = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        """One row per limit and key; purged by expiry."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["limit", "key_digest"], name="throttle_limit_key")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="throttle_expiry")]

    def __str__(self) -> str:
        return f"{self.limit} {self.key_digest[:8]}"
