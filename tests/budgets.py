"""Query budgets: how many queries a page may cost, as data in ``query_budgets.json``.

``with within_budget("users:active-users"): client.get(…)`` fails when the block costs more than the file allows, and
names every query. A name is the route, with a suffix after a blank where one route has several cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

FILE = Path(__file__).resolve().parent / "query_budgets.json"
TRANSACTION_WORDS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")
"""Not counted: a test's own transaction turns every inner one into savepoints, and production does not."""


def budgets() -> dict[str, int]:
    """Return every budget by its name."""
    return dict(json.loads(FILE.read_text()))


@contextmanager
def within_budget(name: str) -> Iterator[CaptureQueriesContext]:
    """Fail when the block costs more queries than the file allows ``name``, or when the file does not know it."""
    assert name in budgets(), f"Give {name} a number in {FILE.name}."
    allowed = budgets()[name]
    with CaptureQueriesContext(connection) as captured:
        yield captured
    spent = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(TRANSACTION_WORDS)]
    listed = "\n".join(f"{number:>3}. {sql[:300]}" for number, sql in enumerate(spent, start=1))
    assert len(spent) <= allowed, f"{name} may cost {allowed} queries and cost {len(spent)}:\n{listed}"
