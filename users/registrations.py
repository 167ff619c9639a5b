"""What users hands to the layers below at start-up."""

from __future__ import annotations

from adminportal.outbox.registry import register_sweeper
from users.sessions import purge_sessions


def register() -> None:
    """Register the sweepers of this app."""
    register_sweeper("sessions", purge_sessions)
