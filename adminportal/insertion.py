"""Writes rows that come in numbers: by COPY on PostgreSQL, a few with other writes, elsewhere as the ORM does.

A reset writes about six rows a person into tables of up to thirty columns. There ``bulk_create`` takes longer to put
its statement together than PostgreSQL to carry it out; COPY takes a fifth of that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, JSONField, Model

from adminportal.queries import is_together, send_writes, write_rows

Row = Mapping[str, object]
FEW = 8
"""Rows up to which an INSERT on its way with other writes costs less than a COPY of its own."""


@dataclass(frozen=True, slots=True)
class _Table:
    """What is asked of a model once: its columns in order, what a row that leaves one out gets, and which hold JSON."""

    copy: str
    insert: str
    names: Sequence[str]
    in_order: Callable[[Row], tuple[object, ...]]
    constants: Row
    makers: Mapping[str, Callable[[], object]]
    jsons: Sequence[int]

    def values_of(self, row: Row) -> list[object]:
        """Return the values of a row in the order of the columns.

        :raises TypeError: when the row names a column that is not there.
        """
        whole = {**self.constants, **row}
        for name, make in self.makers.items():
            if name not in row:
                whole[name] = make()
        if len(whole) != len(self.names):
            raise TypeError(f"There is no column for {', '.join(sorted(row.keys() - set(self.names)))}.")
        values = list(self.in_order(whole))
        for place in self.jsons:
            values[place] = json.dumps(values[place])
        return values


def insert_rows(model: type[Model], rows: Iterable[Row]) -> None:
    """Insert rows, each by the names of its columns (``user_id``), with one statement.

    What a row leaves out gets the default of its field. Keys that the database makes are not returned, no signal is
    sent, and no scope is asked for: the row says whose it is.

    :raises TypeError: when a row names a column that is not there; nothing is written then.
    :raises django.db.IntegrityError: when a constraint is broken; nothing is written then either.
    """
    wanted = list(rows)
    if not wanted:
        return
    if connection.vendor == "postgresql":
        table = _table_of(model)
        _write(table, [table.values_of(row) for row in wanted])
    else:
        model._base_manager.bulk_create([model(**row) for row in wanted])


def row_of(instance: Model) -> Row:
    """Return the columns of an instance, saved or not, as a row."""
    return {name: value for name, value in vars(instance).items() if name != "_state"}


def _write(table: _Table, lines: Sequence[Sequence[object]]) -> None:
    if is_together() and len(lines) <= FEW:
        write_rows(table.insert, lines)
    else:
        send_writes()
        _copy(table.copy, lines)


def _copy(statement: str, lines: Sequence[Sequence[object]]) -> None:
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write_row(line)


def _is_made(field: Field[Any, Any]) -> bool:
    """Tell whether each row gets a default of its own, such as an id."""
    return field.has_default() and callable(field.default)


@lru_cache(maxsize=64)
def _table_of(model: type[Model]) -> _Table:
    quote = connection.ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    columns = ", ".join(quote(field.column or field.attname) for field in fields)
    names = [field.attname for field in fields]
    return _Table(
        copy=f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN",
        insert=f"INSERT INTO {quote(model._meta.db_table)} ({columns})",
        names=names,
        in_order=itemgetter(*names),
        constants={field.attname: field.get_default() for field in fields if not _is_made(field)},
        makers={field.attname: field.get_default for field in fields if _is_made(field)},
        jsons=[place for place, field in enumerate(fields) if isinstance(field, JSONField)],
    )
