"""Files of invented people in the import layout; telephone numbers of ranges kept for fiction."""

from __future__ import annotations

import csv
import io

from users.csv_layout import COLUMNS

GIVEN = ("Astrid", "Bjørn", "Çelik", "Dagný", "Émile", "Frøydis", "Gunnar", "Håkon", "Ines", "Jürgen")
FAMILY = ("Ångström", "Bakke", "Castañeda", "Dahl", "Eriksson", "Fjeld", "Grønn", "Hansen", "Ibarra", "Jørgensen")
FICTION = 95
"""Numbers from +46 70 174 06 05 on that no operator gives out."""


def person(number: int, *, domain: str = "contoso.example", **changed: str) -> list[str]:
    """Return the sixteen values of one invented person; ``changed`` by column with _ for blanks."""
    given, family = GIVEN[number % 10], FAMILY[number // 10 % 10]
    values = {
        "User Name": f"person.{number}@{domain}",
        "First Name": given,
        "Last Name": family,
        "Display Name": f"{given} {family} {number}",
        "Job Title": "Rådgiver, ledelse",
        "Department": "Research",
        "Office Number": str(100 + number),
        "Office Phone": f"+44 20 7946 0{number % 1000:03d}",
        "Mobile Phone": f"+46 70 174 06 {5 + number % FICTION:02d}",
        "Alternate email address": f"person.{number}@mail.example",
        "Address": f"Storgata {number}",
        "City": "Bergen",
        "ZIP or Postal Code": "5003",
        "Country or Region": "Norway",
    } | {column.replace("_", " "): value for column, value in changed.items()}
    return [values.get(column, "") for column in COLUMNS]


def people(count: int, *, domain: str = "contoso.example") -> list[list[str]]:
    """Return as many invented people as asked."""
    return [person(number, domain=domain) for number in range(1, count + 1)]


def csv_file(
    rows: list[list[str]],
    *,
    header: tuple[str, ...] = COLUMNS,
    separator: str = ",",
    ending: str = "\r\n",
    encoding: str = "utf-8",
) -> bytes:
    """Write rows as a spreadsheet would."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=ending)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
