"""Self service."""

from __future__ import annotations

from django.apps import AppConfig


class SsprConfig(AppConfig):
    """The page that tells whom to ask; the wizard comes later."""

    name = "sspr"
