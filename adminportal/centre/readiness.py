"""Whether requests can be served, asked at most once in a few seconds however often a stranger wants to know."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from adminportal.audit.sink_state import sink_state

log = structlog.stdlib.get_logger(__name__)

KEPT = timedelta(seconds=3)
"""How long an answer is given again; shorter than any probe's pause between two questions."""
BROKER_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was found: ``down`` serves nothing, ``degraded`` serves with something missing."""

    database: str
    broker: str
    audit_sink: str

    @property
    def status(self) -> str:
        """The worst that was found, in one word."""
        if self.database != "ok":
            return "down"
        return "ok" if self.broker == "ok" and self.audit_sink in ("ok", "off") else "degraded"


_asking = threading.Lock()
_last: tuple[datetime, Readiness] | None = None
_pinging = threading.Lock()
_last_ping: tuple[datetime, str] | None = None


def readiness(*, now: datetime) -> Readiness:
    """Return the answer of the last seconds, or ask database and broker anew; one thread asks, the others wait."""
    global _last
    with _asking:
        if _last is None or not timedelta(0) <= now - _last[0] < KEPT:
            _last = (now, _asked(now))
        return _last[1]


def forget_answer() -> None:
    """Ask anew at the next question."""
    global _last, _last_ping
    _last = _last_ping = None


def broker_state(*, now: datetime) -> str:
    """Tell whether the broker answers: ok or unreachable; the answer of the last seconds is given again."""
    global _last_ping
    with _pinging:
        if _last_ping is None or not timedelta(0) <= now - _last_ping[0] < KEPT:
            _last_ping = (now, _broker())
        return _last_ping[1]


def _asked(now: datetime) -> Readiness:
    database = database_state()
    sink = _audit_sink(now) if database == "ok" else "unknown"
    return Readiness(database=database, broker=broker_state(now=now), audit_sink=sink)


def database_state() -> str:
    """Tell whether the database answers and holds what this release needs: ok, unreachable, migrations missing."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as problem:
        log.error("database_unavailable", problem=type(problem).__name__)
        return "unreachable"
    return "migrations missing" if waiting else "ok"


def _audit_sink(now: datetime) -> str:
    try:
        return sink_state(now=now).status
    except DatabaseError as problem:
        log.error("audit_sink_unknown", problem=type(problem).__name__)
        return "unknown"


def _broker() -> str:
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError:
        return "unreachable"
    finally:
        client.close()
    return "ok"
