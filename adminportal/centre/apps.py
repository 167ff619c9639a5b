"""Pages that belong to no one feature, and the checks of the whole."""

from __future__ import annotations

from django.apps import AppConfig


class CentreConfig(AppConfig):
    """Registers the portal's system checks."""

    name = "adminportal.centre"

    def ready(self) -> None:
        """Load what registers itself."""
        from adminportal import checks  # noqa: F401
        from adminportal.centre import navigation

        navigation.register_navigation()
