"""Statements that PostgreSQL plans once a connection, and several of them in one journey.

The driver prepares a text that it has sent a few times; from then on PostgreSQL neither reads nor plans it. It does so
by the protocol and not by SQL, so that a pooler which hands out connections by transaction can follow it (PgBouncer
from 1.22: the driver sends DEALLOCATE ALL after a rollback). ``prepare_threshold=0`` in ``DATABASE_URL`` turns it off
for older ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

Statement = tuple[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows that came back, and how many were found or touched."""

    rows: list[tuple[Any, ...]]
    count: int


@dataclass(slots=True)
class _Text:
    """Text of a message, where Django's log of queries looks for it."""

    query: bytes


@dataclass(slots=True)
class _Batch:
    """Takes the place of a cursor that is told to carry out a text: carries out the statements that it is made of.

    Django's own cursor writes the values into the text, which makes it another one each time.
    """

    statements: Sequence[Statement]
    answers: Sequence[Answer] = ()
    _query: _Text | None = None

    def execute(self, text: str, _values: object) -> None:
        """Send the statements, then read what came back.

        :raises psycopg.Error: of the first that fails.
        """
        self._query = _Text(text.encode())
        driver = connection.connection
        with driver.pipeline() if len(self.statements) > 1 else nullcontext():
            sent = [psycopg.Cursor(driver).execute(sql, values) for sql, values in self.statements]
        self.answers = [Answer(each.fetchall() if each.description else [], each.rowcount) for each in sent]

    def close(self) -> None:
        """Do nothing: each statement had a cursor of its own."""


def send(statements: Sequence[Statement]) -> Sequence[Answer]:
    """Send statements to PostgreSQL in one journey and return the answer to each; they are carried out in order.

    Outside a transaction a failure on the server takes all of them back; what has to hold together is sent inside one.

    :raises django.db.Error: of the first that fails.
    """
    batch = _Batch(statements)
    everything: list[Any] = [value for _sql, values in statements for value in values]
    try:
        with connection.cursor() as cursor:
            cursor.cursor = batch
            cursor.execute(";".join(sql for sql, _values in statements), everything)
    except BaseException:
        # The driver takes what stands behind the failure for prepared, which the server never saw. A rollback makes it
        # forget; where there is none, it would ask for a plan that is not there until the connection ends.
        if len(statements) > 1 and not connection.in_atomic_block:
            connection.close()
        raise
    return batch.answers
