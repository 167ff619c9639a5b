"""The files that people start from: the header alone, and with invented people."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from typing import Final

from users.csv_layout import COLUMNS

EXAMPLES: Final = (
    (
        "astrid.lund",
        "Astrid",
        "Lund",
        "Astrid Lund",
        "Engineer",
        "Research",
        "101",
        "+44 20 7946 0101",
        "+46 70 174 06 21",
        "",
        "astrid.lund@mail.example",
        "Storgata 1",
        "Bergen",
        "Vestland",
        "5003",
        "Norway",
    ),
    (
        "omar.said",
        "Omar",
        "Said",
        "Omar Said",
        "Accountant",
        "Finance",
        "",
        "",
        "+46 70 174 06 22",
        "",
        "omar.said@mail.example",
        "Flat 2, 7 Hill Road",
        "Leeds",
        "",
        "LS1 1AA",
        "United Kingdom",
    ),
    ("freja.holm", "", "", "Freja Holm", "", "", "", "", "", "", "", "", "", "", "", ""),
)
"""People who do not exist; telephone numbers of ranges kept for fiction."""


def template_file(*, domain: str, has_examples: bool) -> bytes:
    """Return the layout as a spreadsheet opens it best: UTF-8 with a byte order mark, commas, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    if has_examples:
        writer.writerows((f"{local}@{domain}", *others) for local, *others in EXAMPLES)
    return BOM_UTF8 + text.getvalue().encode()
