"""The outbox: messages that commit with the change they tell of, and their delivery."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Registers the outbox's own sweepers and checks at start-up."""

    name = "adminportal.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Register what runs by itself."""
        from adminportal.outbox import checks, sweep  # noqa: F401  # both need the models to be loaded
        from adminportal.outbox.registry import register_sweeper

        register_sweeper("messages", sweep.sweep_messages)
        register_sweeper("inbox", sweep.purge_inbox)
