"""The one clock of the product: aware UTC, movable by tests, never the database's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """Return the present moment as aware UTC."""
    if _frozen is not None:
        return _frozen + _offset
    return datetime.now(UTC) + _offset


@contextmanager
def travel(step: timedelta = timedelta(0), *, freeze_at: datetime | None = None) -> Iterator[None]:
    """Move the clock by ``step`` (and stop it at ``freeze_at``) inside the block; for tests only."""
    global _offset, _frozen
    before = (_offset, _frozen)
    _offset, _frozen = _offset + step, freeze_at or _frozen
    try:
        yield
    finally:
        _offset, _frozen = before
