"""Hits counted in Redis for all processes, in this process alone while Redis does not answer."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from adminportal.throttle.limits import Limit, Throttled

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.3
"""How long a request waits for a Redis that hangs, once per pause."""
PAUSE_SECONDS = 5.0
"""How long nobody asks a Redis that has just failed."""

Answer = TypeVar("Answer")
_own = MovingWindowRateLimiter(MemoryStorage())
_broken_until = 0.0


def take(limit: Limit, *, key_digest: str) -> None:
    """Count one hit.

    :raises Throttled: when the window is full; a refused hit is not counted.
    """
    item = _item(limit)
    if not _ask(lambda limiter: limiter.hit(item, limit.name, key_digest)):
        raise Throttled(retry_after=_seconds_until_free(limit, key_digest=key_digest), limit=limit)


def look(limit: Limit, *, key_digest: str) -> None:
    """Refuse like :func:`take`, and count nothing.

    :raises Throttled: when the window is full.
    """
    item = _item(limit)
    if not _ask(lambda limiter: limiter.test(item, limit.name, key_digest)):
        raise Throttled(retry_after=_seconds_until_free(limit, key_digest=key_digest), limit=limit)


def forget_own_hits() -> None:
    """Forget what this process counted by itself, and ask Redis again at once."""
    global _broken_until
    _broken_until = 0.0
    _own.storage.reset()


def _ask(question: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
    global _broken_until
    if not settings.REDIS_URL or time.monotonic() < _broken_until:
        return question(_own)
    try:
        return question(_limiter(settings.REDIS_URL))
    except RedisError as problem:
        _broken_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("limits are counted per process: Redis does not answer (%s)", type(problem).__name__)
        return question(_own)


@lru_cache(maxsize=4)
def _limiter(url: str) -> MovingWindowRateLimiter:
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    storage = storage_from_string(url, **options)
    return MovingWindowRateLimiter(storage)


def _item(limit: Limit) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(limit.number, int(limit.window.total_seconds()))


def _seconds_until_free(limit: Limit, *, key_digest: str) -> int:
    item = _item(limit)
    free_at = _ask(lambda limiter: limiter.get_window_stats(item, limit.name, key_digest)).reset_time
    # The library keeps its own clock: these windows live in Redis, not in our tables.
    return max(1, math.ceil(free_at - time.time()))
