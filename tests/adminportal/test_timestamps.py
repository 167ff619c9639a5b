"""Tests of moments as they come from PostgreSQL: those of the driver, read another way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, connection

from adminportal.prepared import send

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
MOMENTS = (
    "2026-11-22 23:03:01.123456+00",
    "2026-11-22 23:03:01.12+00",
    "2026-11-22 23:03:01+00",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
    "2026-03-29 03:00:00+02",
)


@pytest.mark.parametrize("text", MOMENTS)
def test_moment_is_the_one_that_was_written(text: str) -> None:
    expected = datetime.fromisoformat(text).astimezone(UTC)

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        (by_cursor,) = cursor.fetchone()
    (prepared,) = send([("SELECT %s::timestamptz", [text])])

    assert by_cursor == prepared.rows[0][0] == expected
    assert by_cursor.utcoffset() == timedelta(0)
    assert by_cursor.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00:00+00 BC"])
def test_moment_outside_the_calendar_is_refused_as_the_driver_does(text: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DataError):
        cursor.execute("SELECT %s::timestamptz", [text])
        cursor.fetchone()


def test_connection_reads_moments_quickly() -> None:
    connection.ensure_connection()
    loader = connection.connection.adapters.get_loader(connection.connection.adapters.types["timestamptz"].oid, 0)

    assert loader.__name__ == "QuickLoader"
