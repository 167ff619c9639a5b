"""SQL that is written out: for what every request asks, where the ORM takes longer to ask than it takes to answer.

Such a query names its tenant or its people itself: no scope is added to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from adminportal.prepared import send

Question = tuple[str, tuple[object, ...]]
"""A reading statement and its values, to be asked ahead."""

Seen = dict[tuple[Any, ...], tuple[Any, ...]]
"""Rows that were read, and the instances that were made of them."""

_answers: ContextVar[dict[Question, list[tuple[Any, ...]]] | None] = ContextVar("answers", default=None)
_waiting: ContextVar[list[tuple[str, list[Any]]] | None] = ContextVar("waiting_writes", default=None)
"""Statements and their values."""


def fetch(sql: str, values: Iterable[object], *, uuid_columns: Collection[int]) -> list[tuple[Any, ...]]:
    """Run a statement whose placeholders are ``%s`` and return its rows, the same on every database.

    ``uuid_columns`` are the places of columns that hold UUIDs, which SQLite keeps as text. Values are compared with
    those of questions that were asked ahead: no lists or dicts among them.
    """
    asked = tuple(values)
    answers = _answers.get()
    if answers and (sql, asked) in answers:
        return answers.pop((sql, asked))
    if connection.vendor == "postgresql":
        return send([(sql, asked)])[0].rows
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(asked))
        return [_with_uuids(row, uuid_columns) for row in cursor.fetchall()]


def execute(sql: str, values: Iterable[object]) -> int:
    """Run a statement whose placeholders are ``%s`` and return how many rows it touched."""
    if connection.vendor == "postgresql":
        return send([(sql, list(values))])[0].count
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        return int(cursor.rowcount)


def write(sql: str, values: Iterable[object]) -> None:
    """Run a statement of which nobody asks how many rows it touched; inside :func:`together` it waits for its turn."""
    waiting = _waiting.get()
    if waiting is None:
        execute(sql, values)
    else:
        waiting.append((sql, _adapted(values)))


def write_rows(sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Let an INSERT of rows wait for its turn, inside :func:`together`; ``sql`` ends before its VALUES."""
    waiting = _waiting.get()
    assert waiting is not None, "rows that need not wait are copied"
    row = f"({places(len(rows[0]))})"
    waiting.append((f"{sql} VALUES {', '.join([row] * len(rows))}", [value for each in rows for value in each]))


@contextmanager
def together() -> Iterator[None]:
    """Send what :func:`write` and ``insert_rows`` are given inside the block to PostgreSQL in one message, in order.

    Inside a transaction. Whatever else the block asks of the database is asked after the writes that stand before it.
    """
    if connection.vendor != "postgresql" or is_together():
        yield
        return
    token = _waiting.set([])
    try:
        with connection.execute_wrapper(_after_writes):
            yield
            send_writes()
    finally:
        _waiting.reset(token)


def is_together() -> bool:
    """Tell whether writes wait for the end of a block."""
    return _waiting.get() is not None


def send_writes() -> None:
    """Send the writes that wait, for what has to come after them."""
    waiting = _waiting.get()
    if waiting:
        statements = waiting.copy()
        waiting.clear()
        send(statements)


def _after_writes(execute: Callable[..., Any], sql: str, values: Any, is_many: bool, context: Mapping[str, Any]) -> Any:
    send_writes()
    return execute(sql, values, is_many, context)


def load(
    sql: str, values: Iterable[object], *, models: Mapping[str, type[Model]], seen: Seen | None = None
) -> list[tuple[Any, ...]]:
    """Run a query for whole instances and return them, one of each model a row.

    ``models`` are by the names that ``sql`` gives to their tables; ``{columns}`` stands for the columns of them all.
    Where an outer join found nothing there is None. A row that is in ``seen`` as it was is the instance it was then,
    with all that was done to it since; new ones are put there.
    """
    readers = [_reader_of(model, name) for name, model in models.items()]
    rows = fetch(*to_load(sql, values, models=models), uuid_columns=())
    if seen is None:
        return [tuple(_instances(row, readers)) for row in rows]
    for row in rows:
        if row not in seen:
            seen[row] = tuple(_instances(row, readers))
    return [seen[row] for row in rows]


def to_load(sql: str, values: Iterable[object], *, models: Mapping[str, type[Model]]) -> Question:
    """Return what :func:`load` asks, for :func:`ahead`."""
    columns = ", ".join(_reader_of(model, name).columns for name, model in models.items())
    return sql.format(columns=columns), tuple(values)


@contextmanager
def ahead(questions: Sequence[Question]) -> Iterator[None]:
    """Put questions to PostgreSQL in one message; whoever asks one inside the block has its answer already, once.

    They are answered in order, each with what is committed by then, as if asked one by one: after one that locks rows
    the next ones read what holds under the lock. A question that nobody asks costs its time and nothing else.
    """
    if connection.vendor != "postgresql" or not questions:
        yield
        return
    found = [answer.rows for answer in send(questions)]
    token = _answers.set(dict(zip(questions, found, strict=True)))
    try:
        yield
    finally:
        _answers.reset(token)


def _adapted(values: Iterable[object]) -> list[Any]:
    """Return values as the driver of this database takes them outside the ORM; that of PostgreSQL takes them all."""
    if connection.vendor == "postgresql":
        return list(values)
    known: list[Any] = [connection.ops.adapt_unknown_value(value) for value in values]
    return [value.hex if isinstance(value, UUID) else value for value in known]


def places(number: int) -> str:
    """Return placeholders for a list of so many values."""
    return ", ".join(["%s"] * number)


def one_of(values: Collection[UUID | str], *, kind: str = "uuid") -> tuple[str, list[object]]:
    """Return the condition "is one of these", to stand behind a column, and the values for its placeholders.

    On PostgreSQL that is one array of ``kind``: driver and server read it in a fraction of the time that they take
    for a placeholder each, and the statement stays the same whatever their number. SQLite, which takes some 32,000
    placeholders, gets one list in JSON here and below.
    """
    if connection.vendor == "postgresql":
        return f"= ANY(%s::{kind}[])", [_array(values)]
    return "IN (SELECT value FROM json_each(%s))", [json.dumps(_adapted(values))]


def listed(*columns: Collection[UUID | str], kinds: Sequence[str]) -> tuple[str, list[object]]:
    """Return a table to stand behind FROM, called ``fresh`` with ``column1``, ``column2`` and so on, and its values."""
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
        names = ", ".join(f"column{number}" for number, _kind in enumerate(kinds, start=1))
        return f"unnest({arrays}) AS fresh ({names})", [_array(column) for column in columns]
    cells = ", ".join(f"json_extract(value, '$[{number}]') AS column{number + 1}" for number in range(len(kinds)))
    rows = [_adapted(row) for row in zip(*columns, strict=True)]
    return f"(SELECT {cells} FROM json_each(%s)) AS fresh", [json.dumps(rows)]  # noqa: S608


def _array(values: Iterable[UUID | str]) -> str:
    """Return values as PostgreSQL reads an array from text."""
    return f"{{{','.join(value.hex if isinstance(value, UUID) else _quoted(value) for value in values)}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _with_uuids(row: tuple[Any, ...], columns: Collection[int]) -> tuple[Any, ...]:
    return tuple(UUID(value) if place in columns and value else value for place, value in enumerate(row))


@dataclass(frozen=True, slots=True)
class _Reader:
    """How the columns of a model become an instance; ``converters`` are by place, most columns need none."""

    model: type[Model]
    columns: str
    names: Sequence[str]
    key: int
    converters: Sequence[tuple[int, Callable[..., Any], object]]


@lru_cache(maxsize=64)
def _reader_of(model: type[Model], alias: str) -> _Reader:
    fields = model._meta.concrete_fields
    found = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        both = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        found += [(place, converter, column) for converter in both]
    return _Reader(
        model=model,
        columns=", ".join(f'{alias}."{field.column}"' for field in fields),
        names=[field.attname for field in fields],
        key=next(place for place, field in enumerate(fields) if field.primary_key),
        converters=found,
    )


def _instances(row: tuple[Any, ...], readers: Iterable[_Reader]) -> Iterator[Model | None]:
    start = 0
    for reader in readers:
        values = list(row[start : start + len(reader.names)])
        start += len(reader.names)
        if values[reader.key] is None:
            yield None
            continue
        for place, converter, column in reader.converters:
            values[place] = converter(values[place], column, connection)
        yield reader.model.from_db(connection.alias, reader.names, values)
