"""What the pages of an import show: counts, an outcome for every row, what is wrong first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.actors import Actor
from users.csv_layout import COLUMNS
from users.csv_rules import FAULTS, Fault
from users.models import ImportBatch

ROWS_A_PAGE: Final = 100
TAKEN: Final = "taken"
State = ImportBatch.State

OUTCOMES: Final[dict[str, tuple[str, str | Promise]]] = {
    "ready": ("info", _("Will be created")),
    "faulty": ("bad", _("Faulty")),
    "created": ("good", _("Created")),
    "left_out": ("bad", _("Not created")),
    "waiting": ("none", _("Waiting")),
    "stopped": ("warn", _("Not created")),
}
"""Colour and words of each outcome of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the file and how it stands."""

    number: int
    user_name: str
    display_name: str
    outcome: str
    faults: tuple[Fault, ...]
    note: str | Promise = ""

    @property
    def kind(self) -> str:
        """Return the colour of the outcome."""
        return OUTCOMES[self.outcome][0]

    @property
    def label(self) -> str:
        """Return the outcome in words."""
        return str(OUTCOMES[self.outcome][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """A batch as its pages show it, one page of its rows at a time."""

    batch: ImportBatch
    total: int
    good: int
    faulty: int
    created: int
    lines: tuple[Line, ...]
    page: int
    pages: int
    first_shown: int
    last_shown: int

    @property
    def previous_page(self) -> int:
        """Return the page before, 0 when there is none."""
        return self.page - 1

    @property
    def next_page(self) -> int:
        """Return the page after, 0 when there is none."""
        return self.page + 1 if self.page < self.pages else 0


def get_own_batch(batch_id: UUID, *, actor: Actor) -> ImportBatch:
    """Return an upload that this administrator made.

    :raises Http404: for every other one, and once its 24 hours are over.
    """
    batch = ImportBatch.objects.filter(pk=batch_id, starter=actor.user).first()
    if batch is None:
        raise Http404
    return batch


def every_line(batch: ImportBatch) -> Iterator[Line]:
    """Return how each row stands, in the order of the file."""
    taken = set(batch.taken)
    place = -1
    for row in batch.rows:
        place += not row["f"]
        yield _line(batch, row, -1 if row["f"] else place, taken)


def view_batch(batch: ImportBatch, *, page: int) -> ImportView:
    """Count the rows of a batch and draw one page of them, faulty ones first."""
    taken = set(batch.taken)
    wrong = [row for row in batch.rows if row["f"] or row["n"] in taken]
    good = [row for row in batch.rows if not row["f"]]
    place = {row["n"]: position for position, row in enumerate(good)}
    ordered = wrong + [row for row in good if row["n"] not in taken]
    pages = max(1, -(-len(ordered) // ROWS_A_PAGE))
    page = min(max(1, page), pages)
    start = (page - 1) * ROWS_A_PAGE
    shown = ordered[start : start + ROWS_A_PAGE]
    return ImportView(
        batch=batch,
        total=len(ordered),
        good=len(good),
        faulty=len(ordered) - len(good),
        created=batch.created_count,
        lines=tuple(_line(batch, row, place.get(row["n"], -1), taken) for row in shown),
        page=page,
        pages=pages,
        first_shown=start + 1 if shown else 0,
        last_shown=start + len(shown),
    )


def _line(batch: ImportBatch, row: dict[str, Any], place: int, taken: set[int]) -> Line:
    values = dict(zip(COLUMNS, row["v"], strict=True))
    faults = [Fault(column=column, code=code, values=details) for column, code, details in row["f"]]
    if row["n"] in taken:
        faults.append(Fault(column="User Name", code=TAKEN, values={"value": values["User Name"]}))
    has_no_seat = row["n"] in batch.unlicensed
    return Line(
        number=row["n"],
        user_name=values["User Name"],
        display_name=values["Display Name"],
        outcome=_outcome(batch.state, is_faulty=bool(faults), is_dealt_with=0 <= place < batch.position),
        faults=tuple(fault for fault in faults if fault.code in FAULTS),
        note=_("No seat of the license was free.") if has_no_seat else "",
    )


def _outcome(state: str, *, is_faulty: bool, is_dealt_with: bool) -> str:
    if state == State.PREVIEW:
        return "faulty" if is_faulty else "ready"
    if is_faulty:
        return "left_out"
    if is_dealt_with:
        return "created"
    return "stopped" if state == State.STOPPED else "waiting"
