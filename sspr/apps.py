"""Self service."""

from __future__ import annotations

from django.apps import AppConfig


class SsprConfig(AppConfig):
    """The wizard by which people reset their own password, and what it needs."""

    name = "sspr"

    def ready(self) -> None:
        """Register what the layers below call."""
        from sspr.registrations import register

        register()
