"""Limits: every guessable input and every costly action has a named number."""

from __future__ import annotations

from django.apps import AppConfig


class ThrottleConfig(AppConfig):
    """Registers the purge of counters whose window has passed."""

    name = "adminportal.throttle"
    label = "throttle"

    def ready(self) -> None:
        """Register the purge."""
        from adminportal.outbox.registry import register_sweeper
        from adminportal.throttle.rows import purge_counters

        register_sweeper("limits", purge_counters)
