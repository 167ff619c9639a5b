"""A file of invented people in the layout of Microsoft 365, as an organization would upload it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

HEADER = (  # exact and in this order, as the template of Microsoft 365 has it
    "User Name,First Name,Last Name,Display Name,Job Title,Department,Office Number,Office Phone,Mobile Phone,Fax,"
    "Alternate email address,Address,City,State or Province,ZIP or Postal Code,Country or Region"
)
FIRST = {
    "Åsa": "asa",
    "Bjørg": "bjorg",
    "Cecilie": "cecilie",
    "Daniël": "daniel",
    "Élodie": "elodie",
    "Frøydis": "froydis",
    "Göran": "goran",
    "Henrik": "henrik",
    "Ingrid": "ingrid",
    "Jørn": "jorn",
    "Kaja": "kaja",
    "Łucja": "lucja",
    "Maren": "maren",
}
LAST = {
    "Aamodt": "aamodt",
    "Bergström": "bergstrom",
    "Christensen": "christensen",
    "Dahl": "dahl",
    "Engström": "engstrom",
    "Friis": "friis",
    "Grønvold": "gronvold",
    "Hagström": "hagstrom",
    "Iversen": "iversen",
    "Jespersen": "jespersen",
    "Källström": "kallstrom",
    "Lindqvist": "lindqvist",
    "Mørch": "morch",
    "Nygård": "nygard",
    "O'Hara": "ohara",
    "Persson": "persson",
    "Quist": "quist",
    "Rønning": "ronning",
    "Sjöberg": "sjoberg",
    "Thorsen": "thorsen",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A person of the file."""

    user_name: str
    display_name: str
    alternate_email: str


def listed_people(count: int, *, domain: str) -> list[Listed]:
    """Return the people of a file of ``count`` rows (at most 260), always the same."""
    pairs = [(first, last) for last in LAST for first in FIRST]
    return [
        Listed(
            user_name=f"{FIRST[first]}.{LAST[last]}@{domain}",
            display_name=f"{first} {last}",
            alternate_email=f"{FIRST[first]}.{LAST[last]}@mail.example",
        )
        for first, last in pairs[:count]
    ]


def as_file(people: list[Listed]) -> bytes:
    """Return them as a spreadsheet saves them: UTF-8 with a byte order mark, commas, CRLF; phones of fiction."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(HEADER + "\r\n")
    for number, person in enumerate(people):
        first, _space, last = person.display_name.partition(" ")
        phones = [f"+44 20 7946 0{number:03d}", f"+46 70 174 06 {5 + number % 95:02d}", ""]
        work = ["Adviser", "Sales, Nordic", str(100 + number)]
        home = [f"Storgata {number + 1}", "Bodø", "", "8001", "Norway"]
        names = [person.user_name, first, last, person.display_name]
        writer.writerow([*names, *work, *phones, person.alternate_email, *home])
    return text.getvalue().encode("utf-8-sig")
