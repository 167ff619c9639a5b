"""The reset, and every edge that also sets a password."""

from __future__ import annotations

from django.apps import AppConfig


class PasswordsConfig(AppConfig):
    """Registers what the layers below need from here."""

    name = "passwords"

    def ready(self) -> None:
        """Register navigation, sweepers and the first-use listener."""
        from passwords import registrations

        registrations.register()
