"""What runs by itself: features register their sweepers at start-up, the beat and ``sweep`` run them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Sweeper = Callable[[datetime], int]

_sweepers: dict[str, Sweeper] = {}


def register_sweeper(name: str, sweeper: Sweeper) -> None:
    """Have ``sweeper(now)`` run every few seconds; it does a bounded piece of work and returns how much."""
    _sweepers[name] = sweeper


def list_sweepers() -> dict[str, Sweeper]:
    """Return the sweepers by name, in the order of registration."""
    return dict(_sweepers)
