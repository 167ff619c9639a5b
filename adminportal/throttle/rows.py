"""Hits counted in the database: exact sliding windows, changed by compare-and-set on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adminportal.throttle.limits import Limit, Throttled
from adminportal.throttle.models import Counter


def take(limit: Limit, *, key_digest: str, now: datetime) -> None:
    """Count one hit. Not inside a transaction that may roll back: the hit would be forgotten.

    A lost race means that another hit was counted, so no more rounds are needed than the limit has hits.

    :raises Throttled: when the window is full; a refused hit is not counted.
    """
    for _ in range(limit.number + 1):
        counter = _counter(limit, key_digest=key_digest, now=now)
        hits = _counting(counter.hits, limit=limit, now=now)
        if len(hits) >= limit.number:
            raise Throttled(retry_after=_seconds_until_free(hits, limit=limit, now=now), limit=limit)
        mine = Counter.objects.filter(pk=counter.pk, version=counter.version)
        if mine.update(hits=[*hits, _milliseconds(now)], version=counter.version + 1, expires_at=now + limit.window):
            return
    raise Throttled(retry_after=1, limit=limit)


def look(limit: Limit, *, key_digest: str, now: datetime) -> None:
    """Refuse like :func:`take`, and count nothing.

    :raises Throttled: when the window is full.
    """
    counter = Counter.objects.filter(limit=limit.name, key_digest=key_digest).first()
    hits = _counting(counter.hits, limit=limit, now=now) if counter else []
    if len(hits) >= limit.number:
        raise Throttled(retry_after=_seconds_until_free(hits, limit=limit, now=now), limit=limit)


def purge_counters(now: datetime) -> int:
    """Delete the counters that no longer count anything."""
    return Counter.objects.filter(expires_at__lt=now).delete()[0]


def _counter(limit: Limit, *, key_digest: str, now: datetime) -> Counter:
    known = Counter.objects.filter(limit=limit.name, key_digest=key_digest)
    counter = known.first()
    if counter is None:
        fresh = Counter(limit=limit.name, key_digest=key_digest, expires_at=now + limit.window)
        Counter.objects.bulk_create([fresh], ignore_conflicts=True)
        counter = known.get()
    return counter


def _counting(hits: list[int], *, limit: Limit, now: datetime) -> list[int]:
    oldest = _milliseconds(now - limit.window)
    return [hit for hit in hits if hit > oldest][-limit.number :]


def _seconds_until_free(hits: list[int], *, limit: Limit, now: datetime) -> int:
    first = datetime.fromtimestamp(hits[0] / 1000, tz=UTC)
    return max(1, -(-(first + limit.window - now) // timedelta(seconds=1)))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
