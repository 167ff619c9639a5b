"""Reads a list of user names: one a line, or a CSV file with a column called User Name. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO, Final

from users.csv_layout import (
    LONGEST_HEADER,
    Bounded,
    CsvRefused,
    Lines,
    RowTooLong,
    encoding_of,
    separator_of,
    shorten,
)

COLUMN: Final = "user name"
"""The column that is read, as the layout of Microsoft 365 calls it; without regard to case."""
MOST_NAMES: Final = 100_000
"""Most people in one list: what is tested to be done in one go."""
LONGEST_SHOWN: Final = 128
"""Characters of a name that are kept: more than any user name has."""


def read_names(source: IO[bytes], *, encoding: str = "") -> Iterator[tuple[int, str]]:
    """Read user names with the number of their row as a spreadsheet shows it; empty rows are passed over.

    :raises CsvRefused: when the list is empty, too large, no text, has broken quotes, too many rows, or several
        columns of which none is called User Name.
    """
    text = io.TextIOWrapper(io.BufferedReader(Bounded(source)), encoding=encoding or encoding_of(source), newline="")
    try:
        yield from _names_of(text)
    except UnicodeError as problem:
        raise CsvRefused("encoding") from problem
    finally:
        text.detach()


def _names_of(text: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    separator = separator_of(text.readline(LONGEST_HEADER))
    text.seek(0)
    lines = _lines_of(text, separator)
    first = next(lines, None)
    if first is None:
        raise CsvRefused("empty")
    column = _column_of(first[1])
    found = 0
    for number, values in lines if _is_header(first[1]) else _again(first, lines):
        name = shorten(values[column], LONGEST_SHOWN) if column < len(values) else ""
        if not name:
            continue
        found += 1
        if found > MOST_NAMES:
            raise CsvRefused("rows", {"most": str(MOST_NAMES)})
        yield number, name
    if not found:
        raise CsvRefused("empty")


def _again(first: tuple[int, list[str]], others: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from others


def _lines_of(text: io.TextIOWrapper, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Return each row that holds anything, with its number."""
    lines, number = Lines(text), 0
    try:
        for number, values in enumerate(csv.reader(lines, delimiter=separator, strict=True), start=1):
            lines.read = 0
            if any(value.strip() for value in values):
                yield number, values
    except RowTooLong as problem:
        raise CsvRefused("field", {"row": str(number + 1)}) from problem
    except csv.Error as problem:
        code = "field" if "field larger" in str(problem) else "quotes"
        raise CsvRefused(code, {"row": str(number + 1)}) from problem


def _is_header(values: list[str]) -> bool:
    return any(_folded(value) == COLUMN for value in values)


def _column_of(values: list[str]) -> int:
    folded = [_folded(value) for value in values]
    if COLUMN in folded:
        return folded.index(COLUMN)
    if len([value for value in folded if value]) > 1:
        raise CsvRefused("column")
    return next(number for number, value in enumerate(folded) if value)


def _folded(text: str) -> str:
    return " ".join(text.lstrip("\ufeff").split()).casefold()
