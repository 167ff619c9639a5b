"""Who: tenants, people, roles, groups, contacts, sessions, sign-in."""

from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Registers what the kernel needs from above."""

    name = "users"

    def ready(self) -> None:
        """Register navigation, sweepers and checks."""
        from users import registrations

        registrations.register()
