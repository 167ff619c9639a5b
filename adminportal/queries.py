"""SQL that is written out: for what every request asks, where the ORM takes longer to ask than it takes to answer.

Such a query names its tenant or its people itself: no scope is added to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import connection


def fetch(sql: str, values: Iterable[object], *, uuid_columns: Collection[int]) -> list[tuple[Any, ...]]:
    """Run a statement whose placeholders are ``%s`` and return its rows, the same on every database.

    ``uuid_columns`` are the places of columns that hold UUIDs, which SQLite keeps as text.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if connection.features.has_native_uuid_field:
        return rows
    return [_with_uuids(row, uuid_columns) for row in rows]


def execute(sql: str, values: Iterable[object]) -> int:
    """Run a statement whose placeholders are ``%s`` and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        return int(cursor.rowcount)


def _adapted(values: Iterable[object]) -> list[Any]:
    """Return values as the driver of this database takes them outside the ORM."""
    known: list[Any] = [connection.ops.adapt_unknown_value(value) for value in values]
    if connection.features.has_native_uuid_field:
        return known
    return [value.hex if isinstance(value, UUID) else value for value in known]


def places(number: int) -> str:
    """Return placeholders for a list of so many values."""
    return ", ".join(["%s"] * number)


def singles(number: int) -> str:
    """Return placeholders for so many rows of one value, as VALUES takes them."""
    return ", ".join(["(%s)"] * number)


def _with_uuids(row: tuple[Any, ...], columns: Collection[int]) -> tuple[Any, ...]:
    return tuple(UUID(value) if place in columns and value else value for place, value in enumerate(row))
