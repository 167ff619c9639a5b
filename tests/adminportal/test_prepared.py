"""Statements that are sent often are planned once, unless the operator's pooler cannot follow."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from adminportal.prepared import send
from adminportal.queries import ahead, execute, fetch, together, write
from adminportal.settings.addresses import PREPARE_AFTER

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
TIMES = PREPARE_AFTER + 3


@pytest.fixture
def _never_prepared() -> Iterator[None]:
    connection.ensure_connection()
    before, connection.connection.prepare_threshold = connection.connection.prepare_threshold, None
    yield
    connection.connection.prepare_threshold = before


def _kept(mark: str) -> int:
    """Count the statements with this mark whose plan the connection keeps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{mark}%"])
        return int(cursor.fetchone()[0])


def _send_often(mark: str) -> list[str]:
    found = []
    for number in range(TIMES):
        question = f"SELECT %s::text /* {mark} asked */", (str(number),)
        with ahead([(f"SELECT %s::int /* {mark} ahead */", (number,)), question]):
            found.append(fetch(*question, uuid_columns=())[0][0])
        execute(f"UPDATE users_tenant SET name = %s WHERE id = %s /* {mark} alone */", ["x", UUID(int=number)])
        with transaction.atomic(), together():
            write(f"UPDATE users_tenant SET name = %s WHERE id = %s /* {mark} with others */", ["x", UUID(int=number)])
    return found


def test_statements_that_are_sent_often_are_planned_once() -> None:
    assert _send_often("often") == [str(number) for number in range(TIMES)]
    assert _kept("often") == 4


@pytest.mark.usefixtures("_never_prepared")
def test_nothing_is_prepared_where_the_pooler_cannot_follow() -> None:
    assert _send_often("never") == [str(number) for number in range(TIMES)]
    assert _kept("never") == 0


def _put(sign: str) -> tuple[str, list[object]]:
    sql = """INSERT INTO throttle_counter ("limit", key_digest, expires_at, hits, version)
        VALUES ('L01', %s, now(), '[]', 0)"""
    return sql, [sign * 64]


def test_what_stands_around_a_statement_that_fails_is_not_carried_out() -> None:
    with pytest.raises(IntegrityError, match="duplicate key"), transaction.atomic():
        send([_put("a"), _put("a"), _put("b")])

    assert send([("SELECT COUNT(*) FROM throttle_counter", [])])[0].rows == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_connection_works_on_after_a_failure_in_front_of_what_was_to_be_prepared() -> None:
    share, question = "SELECT 1 / %s::int", "SELECT %s::int"
    for number in range(PREPARE_AFTER):
        send([(share, [1]), (question, [number])])

    with pytest.raises(DataError):
        send([(share, [0]), (question, [7])])

    assert send([(question, [8])])[0].rows == [(8,)]


def test_transaction_goes_on_after_a_failure_in_front_of_what_was_to_be_prepared() -> None:
    share, question = "SELECT 2 / %s::int", "SELECT 1 + %s::int"
    for number in range(PREPARE_AFTER):
        send([(share, [1]), (question, [number])])

    with pytest.raises(DataError), transaction.atomic():
        send([(share, [0]), (question, [7])])

    assert send([(question, [8])])[0].rows == [(9,)]
