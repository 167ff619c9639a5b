"""The files in ``tests/data`` as organizations upload them, read without the product's own reader."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

GOOD: Final = "users-250.csv"
"""250 people without a fault."""
OTHER_FORM: Final = "users-20-utf16-semicolon.csv"
"""20 of them in UTF-16, with semicolons."""
FAULTY: Final = "users-10-with-errors.csv"
"""Eight faulty rows and two good ones, one of them with a name that looks like a formula."""

FOLDER: Final = Path(__file__).resolve().parent / "data"
FORMS: Final = {GOOD: ("utf-8-sig", ","), OTHER_FORM: ("utf-16", ";"), FAULTY: ("utf-8-sig", ",")}


def content_of(name: str) -> bytes:
    """Return a file as it is uploaded."""
    return (FOLDER / name).read_bytes()


def rows_of(name: str) -> dict[int, dict[str, str]]:
    """Return the values of each row by column, under the number that a spreadsheet shows (header = 1)."""
    encoding, separator = FORMS[name]
    text = io.StringIO(content_of(name).decode(encoding), newline="")
    return dict(enumerate(csv.DictReader(text, delimiter=separator, restval=""), start=2))
