"""Deletes what is over, some at a time: a sweep that had years to catch up with would hold its rows for minutes."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

AT_ONCE: Final = 500
"""Rows that one run deletes; the next run takes the rest."""


def delete_oldest(rows: QuerySet[Any], *, by: str) -> int:
    """Delete the oldest ``AT_ONCE`` of these rows by an indexed column, with what hangs on them; returns how many."""
    found = list(rows.order_by(by).values_list("pk", flat=True)[:AT_ONCE])
    return rows.filter(pk__in=found).delete()[0] if found else 0
