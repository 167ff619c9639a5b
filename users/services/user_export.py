"""Export users: the list of people as CSV, with the columns, the view and the search that the reader has chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.utils import translation

from adminportal.audit.canonical import rfc3339
from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from users.access import can_reset
from users.actors import Actor
from users.grid import Wanted, read_on
from users.grid_cells import Cell, Cells, load_cells
from users.grid_columns import COLUMNS, Column
from users.grid_order import Place
from users.grid_rows import see
from users.models import User
from users.services.contact_views import note_contact_views
from users.targets import load_facts
from users.tenancy import within

CHUNK: Final = 500
"""People that are read and sent at once."""
LANGUAGE: Final = "en"
"""Of headings and cells, whatever the reader's: programs read them."""


def export_users(*, actor: Actor, wanted: Wanted, columns: Sequence[Column], now: datetime) -> Iterator[str]:
    """Record that the list was exported, then return it as pieces of one CSV file; memory stays flat.

    Contact data is masked as in the list, and whose was not masked is a row of the audit log.
    """
    details = {"Format": "csv", "View": wanted.view.value, "Columns": ", ".join(columns)}
    if wanted.words != ():
        details["Search"] = "(given)"
    entry = Entry(tenant_id=actor.tenant.pk, activity=Activity.EXPORTED_USERS, actor=actor.for_audit(), details=details)
    record(entry, now=now)
    return _pieces(actor, replace(wanted, after=None, before=None, rows=CHUNK), columns, now=now)


def _pieces(actor: Actor, wanted: Wanted, columns: Sequence[Column], *, now: datetime) -> Iterator[str]:
    """Read piece by piece, each inside the scope: what is sent between them is sent outside of it."""
    yield BYTE_ORDER_MARK + csv_line(_headings(columns))
    while True:
        with within(actor.tenant), translation.override(LANGUAGE):
            people = read_on(wanted)
            cells = _cells_of(people, actor, columns, now=now)
        if not people:
            return
        yield "".join(csv_line(_texts(user, cells.of[user.pk])) for user in people)
        wanted = replace(wanted, after=Place.of(people[-1], wanted.order))


def _headings(columns: Sequence[Column]) -> list[str]:
    with translation.override(LANGUAGE):
        return ["Display name", *(str(COLUMNS[column].label) for column in columns)]


def _cells_of(people: Sequence[User], actor: Actor, columns: Sequence[Column], *, now: datetime) -> Cells:
    facts = load_facts(people)
    verdicts = {user.pk: can_reset(actor, facts[user.pk]) for user in people}
    cells = load_cells(see(people, facts=facts, verdicts=verdicts, actor=actor, now=now), columns)
    opened = [user for user in people if user.pk in cells.opened]
    if opened:
        note_contact_views(opened, actor=actor, entrance="export", now=now)
    return cells


def _texts(user: User, cells: Sequence[Cell]) -> list[str]:
    return [user.display_name, *(rfc3339(cell.moment) if cell.moment else cell.text for cell in cells)]
