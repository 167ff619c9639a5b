"""Secrets of the whole installation that have to outlive every sealing key."""

from __future__ import annotations

from django.db import models


class InstallationSecret(models.Model):
    """A random secret, sealed; ``name`` says what for. Not scoped: it belongs to no tenant."""

    name = models.CharField(primary_key=True, max_length=32)
    sealed = models.TextField()
