"""``docs/permissions.md`` says what the code does."""

from __future__ import annotations

from tests.contracts.matrix import BEYOND_THE_CATALOGUE, RESET_ROWS, SENSITIVE_ROWS
from tests.contracts.permission_tables import FILE, Rows, permission_rows, route_rows, written_anew

DOCUMENT = FILE.read_text(encoding="utf-8")
CATALOGUE_ROWS = {
    "Privileged Role Administrator, Global Administrator, every other role of the catalogue": "Global Administrator",
    "a member or owner of a role-assignable group": BEYOND_THE_CATALOGUE[1],
    "a role scoped to a restricted management administrative unit": BEYOND_THE_CATALOGUE[2],
    "a custom or unknown role": BEYOND_THE_CATALOGUE[3],
    "no role": BEYOND_THE_CATALOGUE[0],
}
"""Rows whose words are not the name of a role, and a row of the literal table that they stand for."""


def section(title: str) -> Rows:
    text = DOCUMENT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows if not row.startswith("| ---")]


def test_every_route_is_told_with_whom_it_lets_in() -> None:
    assert section("Addresses") == route_rows()


def test_every_permission_is_told_with_its_roles() -> None:
    assert section("Permissions") == permission_rows()


def test_writing_the_tables_anew_keeps_the_words() -> None:
    assert written_anew(DOCUMENT) == DOCUMENT


def test_who_may_reset_whom_is_told_as_the_literal_table_has_it() -> None:
    columns = ("Password", "Helpdesk", "Authentication", "User", "Privileged Authentication", "Global")
    allowed = {(actor, target): yes for actor, target, yes in RESET_ROWS}
    told = {row[0]: row[1:] for row in section("Who may reset whom")}

    for words, marks in told.items():
        for name in words.split(", ") if words not in CATALOGUE_ROWS else [CATALOGUE_ROWS[words]]:
            expected = tuple("yes" if allowed[f"{column} Administrator", name] else "–" for column in columns)
            assert marks == expected, name
    spelled = {name for words in told for name in (CATALOGUE_ROWS.get(words, words)).split(", ")}
    reached = {target for actor, target, yes in RESET_ROWS if yes and not actor.startswith(("Global", "Privileged"))}
    assert reached <= spelled
    assert set(BEYOND_THE_CATALOGUE) <= spelled


def test_sensitive_acts_are_told_to_follow_the_same_table_for_four_roles() -> None:
    """What the document says in one sentence: equal for four roles, nothing for the two smallest."""
    reset = {(actor, target): yes for actor, target, yes in RESET_ROWS}

    for actor, target, yes in SENSITIVE_ROWS:
        smallest = actor in ("Password Administrator", "Helpdesk Administrator")
        assert yes is (reset[actor, target] and not smallest)
    assert "Password and Helpdesk Administrator have none of these rights" in DOCUMENT
