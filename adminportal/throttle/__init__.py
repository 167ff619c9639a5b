"""Limits: ``throttle.check("L21", key=…, now=…)`` counts a hit or raises :class:`Throttled`."""

from __future__ import annotations

from datetime import datetime

from adminportal.throttle.limits import LIMITS, Limit, Throttled

__all__ = ["LIMITS", "Limit", "Throttled", "check", "peek"]


def check(name: str, *, key: str, now: datetime) -> None:
    """Count one hit of ``key`` under a limit, or refuse it; see :func:`adminportal.throttle.meter.check`."""
    from adminportal.throttle import meter  # its tables exist only after start-up

    meter.check(name, key=key, now=now)


def peek(name: str, *, key: str, now: datetime) -> None:
    """Refuse like :func:`check`, and count nothing; see :func:`adminportal.throttle.meter.peek`."""
    from adminportal.throttle import meter  # its tables exist only after start-up

    meter.peek(name, key=key, now=now)
