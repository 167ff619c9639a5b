"""Hits counted in the database: exact sliding windows, changed by compare-and-set on every database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from adminportal.queries import execute, load
from adminportal.throttle.limits import Limit, Throttled
from adminportal.throttle.models import Counter

COUNTER = """
    INSERT INTO throttle_counter ("limit", key_digest, hits, version, expires_at) VALUES (%s, %s, '[]', 0, %s)
    ON CONFLICT ("limit", key_digest) DO UPDATE SET key_digest = excluded.key_digest RETURNING {columns}
"""
FORGET = 'DELETE FROM throttle_counter WHERE ("limit", key_digest) IN (VALUES {pairs})'  # noqa: S608  # placeholders

Stored = int | list[int]
"""A hit as the row keeps it: a moment in milliseconds and how many there were; a moment alone is one hit."""


def take(limit: Limit, *, key_digest: str, now: datetime) -> int:
    """Count one hit and return how many count now. Not inside a transaction that may roll back: it would be forgotten.

    Two statements, whether the key was seen before or not: how long a hit takes says nothing about earlier ones. A lost
    race means that another hit was counted, so no more rounds are needed than the limit has hits.

    :raises Throttled: when the window is full; a refused hit is not counted.
    """
    for _ in range(limit.number + 1):
        counter = _counter(limit, key_digest=key_digest, now=now)
        hits = _counting(counter.hits, limit=limit, now=now)
        if _total(hits) >= limit.number:
            raise Throttled(retry_after=_seconds_until_free(hits, limit=limit, now=now), limit=limit)
        mine = Counter.objects.filter(pk=counter.pk, version=counter.version)
        more = _with_one_more(hits, limit=limit, now=now)
        if mine.update(hits=more, version=counter.version + 1, expires_at=_end(limit, now=now)):
            return _total(more)
    raise Throttled(retry_after=1, limit=limit)


def look(limit: Limit, *, key_digest: str, now: datetime) -> None:
    """Refuse like :func:`take`, and count nothing.

    :raises Throttled: when the window is full.
    """
    counter = Counter.objects.filter(limit=limit.name, key_digest=key_digest).first()
    hits = _counting(counter.hits, limit=limit, now=now) if counter else []
    if _total(hits) >= limit.number:
        raise Throttled(retry_after=_seconds_until_free(hits, limit=limit, now=now), limit=limit)


def forget(digests: Mapping[str, Collection[str]]) -> None:
    """Forget the hits of keys, named by the limit they were counted under; one statement."""
    wanted = [(name, digest) for name, known in digests.items() for digest in known]
    if wanted:
        execute(FORGET.format(pairs=", ".join(["(%s, %s)"] * len(wanted))), [part for pair in wanted for part in pair])


def purge_counters(now: datetime) -> int:
    """Delete the counters that no longer count anything."""
    return Counter.objects.filter(expires_at__lt=now).delete()[0]


def _end(limit: Limit, *, now: datetime) -> datetime:
    return now + limit.window + (limit.grain or timedelta(0))


def _counter(limit: Limit, *, key_digest: str, now: datetime) -> Counter:
    values = [limit.name, key_digest, _end(limit, now=now)]
    [(counter,)] = load(COUNTER, values, models={"throttle_counter": Counter})
    return cast(Counter, counter)


def _counting(hits: Sequence[Stored], *, limit: Limit, now: datetime) -> list[list[int]]:
    oldest = _milliseconds(now - limit.window)
    pairs = [hit if isinstance(hit, list) else [hit, 1] for hit in hits]
    return [pair for pair in pairs if pair[0] > oldest]


def _with_one_more(hits: list[list[int]], *, limit: Limit, now: datetime) -> list[list[int]]:
    moment = _milliseconds(now)
    if limit.grain:
        grain = limit.grain // timedelta(milliseconds=1)
        moment = -(-moment // grain) * grain
    if hits and hits[-1][0] == moment:
        return [*hits[:-1], [moment, hits[-1][1] + 1]]
    return [*hits, [moment, 1]]


def _total(hits: list[list[int]]) -> int:
    return sum(count for _moment, count in hits)


def _seconds_until_free(hits: list[list[int]], *, limit: Limit, now: datetime) -> int:
    left, last = _total(hits), _milliseconds(now)
    for moment, count in hits:
        left, last = left - count, moment
        if left < limit.number:
            break
    free_at = datetime.fromtimestamp(last / 1000, tz=UTC) + limit.window
    return max(1, -(-(free_at - now) // timedelta(seconds=1)))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
