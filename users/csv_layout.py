"""Reads the CSV layout of Microsoft 365 for adding many users: encodings, separators, header, rows. Pure."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final, Self
from unicodedata import category

COLUMNS: Final = (
    "User Name",
    "First Name",
    "Last Name",
    "Display Name",
    "Job Title",
    "Department",
    "Office Number",
    "Office Phone",
    "Mobile Phone",
    "Fax",
    "Alternate email address",
    "Address",
    "City",
    "State or Province",
    "ZIP or Postal Code",
    "Country or Region",
)
"""The header, in this order and spelling (Microsoft 365, add several users at the same time)."""
SEPARATORS: Final = ",;\t"
MOST_BYTES: Final = 64 * 1024 * 1024
"""Largest file that is looked at."""
MOST_ROWS: Final = 5_000
"""Most people in one file: what is tested to be added in one go."""
LONGEST_HEADER: Final = 4_096
LONGEST_ROW: Final = 131_072
"""Characters of one row that are looked at; without an end, a file of separators would be one row of millions."""


class CsvRefused(Exception):
    """A file that cannot be read as a whole; ``code`` says why and ``values`` fill its sentence."""

    def __init__(self, code: str, values: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.values = values or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """One row as it stands in the file; ``number`` is the one that a spreadsheet shows (header = 1)."""

    number: int
    values: tuple[str, ...]


def read_rows(source: IO[bytes], *, encoding: str = "") -> Iterator[CsvRow]:
    """Read the rows of a file one by one; empty rows are passed over and counted, as a spreadsheet does.

    :raises CsvRefused: when the file is empty, too large, no text, has another header, broken quotes or too many rows.
    """
    bounded = io.BufferedReader(Bounded(source))
    text = io.TextIOWrapper(bounded, encoding=encoding or encoding_of(source), newline="")
    try:
        yield from _rows_of(text)
    except UnicodeError as problem:
        raise CsvRefused("encoding") from problem
    finally:
        text.detach()


def _rows_of(text: io.TextIOWrapper) -> Iterator[CsvRow]:
    separator = separator_of(text.readline(LONGEST_HEADER))
    text.seek(0)
    lines = Lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    number, found = 0, 0
    try:
        for number, values in enumerate(reader, start=1):
            lines.read = 0
            if number == 1:
                _check_header(values)
                continue
            if not any(value.strip() for value in values):
                continue
            found += 1
            if found > MOST_ROWS:
                raise CsvRefused("rows", {"most": str(MOST_ROWS)})
            yield CsvRow(number=number, values=tuple(values))
    except RowTooLong as problem:
        raise CsvRefused("field", {"row": str(number + 1)}) from problem
    except csv.Error as problem:
        code = "field" if "field larger" in str(problem) else "quotes"
        raise CsvRefused(code, {"row": str(number + 1)}) from problem
    if number == 0:
        raise CsvRefused("empty")


def encoding_of(source: IO[bytes]) -> str:
    """Tell the encoding by the byte order mark, else by where the zero of the header's first letter stands."""
    start = source.read(4)
    source.seek(0)
    if start.startswith(BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if start[1:2] == b"\0" and start[:1] != b"\0":
        return "utf-16-le"
    if start[:1] == b"\0" and start[1:2] != b"\0":
        return "utf-16-be"
    return "utf-8"


def separator_of(header: str) -> str:
    """Return the separator that a header has most of."""
    counts = {separator: header.count(separator) for separator in SEPARATORS}
    return max(counts, key=lambda separator: counts[separator])


def _check_header(found: list[str]) -> None:
    """Compare the header with the layout and name the first column that differs."""
    if not any(found):
        raise CsvRefused("empty")
    names = [*found, *[""] * (len(COLUMNS) - len(found))]
    for position, name in enumerate(names, start=1):
        expected = COLUMNS[position - 1] if position <= len(COLUMNS) else ""
        if name == expected:
            continue
        values = {"position": str(position), "expected": expected, "found": shorten(name, 40)}
        raise CsvRefused("header" if expected and name else "header_missing" if expected else "header_extra", values)


def shorten(text: str, length: int) -> str:
    """Return a text that can be shown and stored: cut to a length, control characters replaced."""
    cut = " ".join((text if len(text) <= length else text[: length - 1] + "…").split())
    return "".join("\N{REPLACEMENT CHARACTER}" if category(letter) in ("Cc", "Cs") else letter for letter in cut)


class RowTooLong(Exception):
    """A row has more characters than are looked at."""


class Lines:
    """The lines of a text for the reader of rows; ``read`` counts the characters of the row at hand."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.read = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        self.read += len(line)
        if self.read > LONGEST_ROW:
            raise RowTooLong
        if not line:
            raise StopIteration
        return line


class Bounded(io.RawIOBase):
    """A view of a file that ends with a refusal once more than the allowed bytes were read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def readable(self) -> bool:
        """Say that it is there to be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read again from its start."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move in the file."""
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self._source.tell()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read on.

        :raises CsvRefused: when more was read than is ever looked at.
        """
        chunk = self._source.read(len(buffer))
        buffer[: len(chunk)] = chunk
        if self._source.tell() > MOST_BYTES:
            raise CsvRefused("size", {"most": str(MOST_BYTES // (1024 * 1024))})
        return len(chunk)
