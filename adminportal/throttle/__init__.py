"""Limits: ``throttle.check("L21", key=…, now=…)`` counts a hit or raises :class:`Throttled`."""

from __future__ import annotations

from datetime import datetime

from adminportal.throttle.limits import LIMITS, Limit, Throttled

__all__ = ["LIMITS", "Limit", "Throttled", "check", "forget", "hit", "peek"]


def check(name: str, *, key: str, now: datetime, number: int | None = None) -> None:
    """Count one hit of ``key`` under a limit, or refuse it; see :func:`adminportal.throttle.meter.check`."""
    from adminportal.throttle import meter  # its tables exist only after start-up

    meter.check(name, key=key, now=now, number=number)


def peek(name: str, *, key: str, now: datetime, number: int | None = None) -> None:
    """Refuse like :func:`check`, and count nothing; see :func:`adminportal.throttle.meter.peek`."""
    from adminportal.throttle import meter  # its tables exist only after start-up

    meter.peek(name, key=key, now=now, number=number)


def hit(name: str, *, key: str, now: datetime) -> bool:
    """Count one hit and tell whether the window is full now; see :func:`adminportal.throttle.meter.hit`."""
    from adminportal.throttle import meter  # its tables exist only after start-up

    return meter.hit(name, key=key, now=now)


def forget(*names: str, key: str) -> None:
    """Forget what was counted of ``key`` under limits; see :func:`adminportal.throttle.meter.forget`."""
    from adminportal.throttle import meter  # its tables exist only after start-up

    meter.forget(*names, key=key)
