"""Who: tenants, people, roles, groups, contacts, sessions, sign-in."""

from __future__ import annotations

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    """Registers what the kernel needs from above."""

    name = "users"

    def ready(self) -> None:
        """Register navigation, sweepers and checks."""
        from adminportal import timestamps
        from users import registrations

        timestamps.install()
        registrations.register()
        post_migrate.connect(_install_triggers, sender=self, dispatch_uid="users.sort-triggers")


def _install_triggers(using: str, **_facts: object) -> None:
    from users.sort_triggers import install_triggers

    install_triggers(connections[using])
