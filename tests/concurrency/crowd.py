"""Threads with their own connections, let go together; and moments in which somebody else may act."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, TypeVar

import pytest
from django.db import connection, connections, transaction

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 60
"""How long a thread waits for another one before the test fails."""


def at_once(jobs: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Run every job in a thread of its own, all let go by one barrier; an exception of a job is raised here."""
    start = threading.Barrier(len(jobs), timeout=PATIENCE_SECONDS)

    def run(job: Callable[[], Answer]) -> Answer:
        try:
            start.wait()
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as crowd:
        return [future.result(timeout=PATIENCE_SECONDS) for future in [crowd.submit(run, job) for job in jobs]]


def behind_a_lock(
    take_lock: Callable[[], object], jobs: Sequence[Callable[[], Answer]], *, then: Callable[[], object] | None = None
) -> list[Answer]:
    """Hold a lock until every job stands before it, do ``then`` in the same transaction, and let them go on."""
    with ThreadPoolExecutor(len(jobs)) as crowd:
        with transaction.atomic():
            take_lock()
            waiting = [crowd.submit(at_once, [job]) for job in jobs]
            wait_until_blocked(len(jobs))
            if then:
                then()
        return [future.result(timeout=PATIENCE_SECONDS)[0] for future in waiting]


def elsewhere(job: Callable[[], Answer]) -> Answer:
    """Run a job in another thread, with its own connection and transaction, and wait for it."""
    return at_once([job])[0]


def meanwhile(patch: pytest.MonkeyPatch, place: str, act: Callable[[], Any], *, after: bool = False) -> None:
    """Have somebody else do ``act`` just before (or after) the first call of the function at ``place``."""
    module, _, name = place.rpartition(".")
    original = _import(module, name)
    done: list[bool] = []

    def hooked(*arguments: Any, **options: Any) -> Any:
        is_first = not done
        done.append(True)
        if is_first and not after:
            elsewhere(act)
        answer = original(*arguments, **options)
        if is_first and after:
            elsewhere(act)
        return answer

    patch.setattr(place, hooked)


def meet(patch: pytest.MonkeyPatch, place: str, number: int) -> None:
    """Let the first ``number`` callers of the function at ``place`` go on only when all of them came."""
    module, _, name = place.rpartition(".")
    original = _import(module, name)
    barrier = threading.Barrier(number, timeout=PATIENCE_SECONDS)
    calls: list[bool] = []

    def hooked(*arguments: Any, **options: Any) -> Any:
        calls.append(True)
        if len(calls) <= number:
            barrier.wait()
        return original(*arguments, **options)

    patch.setattr(place, hooked)


def wait_until_blocked(number: int) -> None:
    """Return when this many connections of the database wait for a lock."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(PATIENCE_SECONDS * 100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # inside a transaction the view stands still
            cursor.execute(question)
            if cursor.fetchone()[0] >= number:
                return
        time.sleep(0.01)
    raise AssertionError(f"Fewer than {number} connections waited for a lock.")


def _import(module: str, name: str) -> Callable[..., Any]:
    return getattr(import_module(module), name)
