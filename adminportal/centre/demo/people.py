"""Invented people. Pure: the same number gives the same person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anyascii import anyascii

FIRST = (Path(__file__).parent / "first_names.txt").read_text(encoding="utf-8").split()
LAST = (Path(__file__).parent / "last_names.txt").read_text(encoding="utf-8").split()
JOBS = (
    "Accountant",
    "Field engineer",
    "Customer adviser",
    "Nurse",
    "Project lead",
    "Warehouse worker",
    "Teacher",
    "Electrician",
    "Designer",
    "Analyst",
)
DEPARTMENTS = ("Finance", "Operations", "Sales", "Marketing", "Legal", "Production", "IT", "People", "Support")
CITIES = (
    ("Oslo", "Norway"),
    ("Bergen", "Norway"),
    ("Malmö", "Sweden"),
    ("Uppsala", "Sweden"),
    ("Aarhus", "Denmark"),
    ("Odense", "Denmark"),
)
LANGUAGES = {"Norway": "nb", "Sweden": "sv", "Denmark": "da"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """One invented person."""

    local_part: str
    first_name: str
    last_name: str
    job_title: str
    department: str
    city: str
    country: str
    language: str
    mobile_phone: str
    has_mailbox: bool
    has_phone: bool

    @property
    def display_name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}"


def invent(number: int) -> Invented:
    """Return the invented person of this number; names repeat after some thousands, user names never.

    Every fourth is known by nothing, a third of the others by an address alone, so that one method and two differ.
    """
    first = FIRST[number % len(FIRST)]
    last = LAST[(number // len(FIRST) * 7 + number * 31) % len(LAST)]
    city, country = CITIES[number % len(CITIES)]
    plain = "".join(sign for sign in anyascii(f"{first}.{last}").lower() if sign.isalpha() or sign == ".")
    return Invented(
        local_part=f"{plain}{number}",
        first_name=first,
        last_name=last,
        job_title=JOBS[number % len(JOBS)],
        department=DEPARTMENTS[number % len(DEPARTMENTS)],
        city=city,
        country=country,
        language=LANGUAGES[country],
        mobile_phone=f"+46 70 174 06 {5 + number % 95:02d}",
        has_mailbox=number % 4 != 0,
        has_phone=number % 4 != 0 and number // 12 % 3 != 0,
    )
