"""What features register at start-up: sweepers, run by the beat and ``sweep``, and openers of secrets of messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adminportal.outbox.models import Failure, OutboundMessage

Sweeper = Callable[[datetime], int]

Opener = Callable[["OutboundMessage", datetime], Mapping[str, object] | None]

_sweepers: dict[str, Sweeper] = {}
_openers: dict[str, Opener] = {}
_gone: dict[str, Failure] = {}


def register_sweeper(name: str, sweeper: Sweeper) -> None:
    """Have ``sweeper(now)`` run every few seconds; it does a bounded piece of work and returns how much."""
    _sweepers[name] = sweeper


def list_sweepers() -> dict[str, Sweeper]:
    """Return the sweepers by name, in the order of registration."""
    return dict(_sweepers)


def register_opener(purpose: str, opener: Opener, *, gone: Failure | None = None) -> None:
    """Have ``opener(message, now)`` give the secret values of messages of this purpose when they are delivered.

    It is asked anew at each attempt and answers None when they must not be sent any more; ``gone`` is what the message
    trace then says, where it is no password.
    """
    _openers[purpose] = opener
    if gone is not None:
        _gone[purpose] = gone


def opener_of(purpose: str) -> Opener:
    """Return who opens the secrets of this purpose.

    :raises KeyError: when nobody registered for it.
    """
    return _openers[purpose]


def failure_when_gone(purpose: str) -> Failure | None:
    """Return what was registered for secrets of this purpose that must not be sent any more, if anything was."""
    return _gone.get(purpose)
