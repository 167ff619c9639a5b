"""What the outbox does by itself every few seconds."""

from __future__ import annotations

from datetime import datetime


def sweep_messages(now: datetime) -> int:
    """Deliver what is due."""
    return 0
