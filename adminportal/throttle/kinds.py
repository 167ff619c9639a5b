"""What a limit is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Store(StrEnum):
    """Where the hits of a limit are counted."""

    DATABASE = "D"  # holds when Redis is gone; refuses when it cannot count
    REDIS = "R"  # counted in this process while Redis is gone, and so a little too generous


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``number`` hits of one key within any ``window``.

    With a ``grain`` hits in the database are kept by spans of that length, each counted from its end: so a limit of
    thousands stays a short row, and counts a hit for at most a grain too long, never too short.
    """

    name: str
    what: str
    key: str
    number: int
    window: timedelta
    store: Store
    grain: timedelta | None = None


class Throttled(Exception):
    """The limit is reached; carries it and the whole seconds until the next hit is allowed."""

    def __init__(self, *, retry_after: int, limit: Limit) -> None:
        super().__init__(limit.name)
        self.retry_after = retry_after
        self.limit = limit
