"""Who can reset whom as a table to read: made from the tables that decide, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from users.role_names import role_name
from users.roles import COVERS, COVERS_IN_UNIT, SENSITIVE_ROLES, Role, Standing


class Kind(StrEnum):
    """The tables there are."""

    RESET = "reset"
    BLOCK = "block"
    UNIT = "unit"


KIND_LABELS: Final[dict[Kind, Promise]] = {
    Kind.RESET: _("Reset passwords"),
    Kind.BLOCK: _("Block and unblock"),
    Kind.UNIT: _("Limited to a unit"),
}
KIND_TEXTS: Final[dict[Kind, Promise]] = {
    Kind.RESET: _(
        "Whoever may reset may also force a change, end sessions, clear a lock and edit contact data. "
        "Password Administrators end no sessions by themselves."
    ),
    Kind.BLOCK: _("Two of the six roles that reset passwords block nobody."),
    Kind.UNIT: _("What a role reaches among the people of its administrative unit. Outside of it, it reaches nobody."),
}

Covers = Mapping[Role, frozenset[Role | Standing]]
TABLES: Final[dict[Kind, Covers]] = {
    Kind.RESET: COVERS,
    Kind.BLOCK: {role: covered for role, covered in COVERS.items() if role in SENSITIVE_ROLES},
    Kind.UNIT: COVERS_IN_UNIT,
}

_ROLES_IN_ORDER: Final = tuple(
    sorted(Role, key=lambda role: (-sum(role in covered for covered in COVERS.values()), role))
)
HELD: Final[tuple[Role | Standing, ...]] = (
    Standing.NONE,
    *_ROLES_IN_ORDER,
    Standing.ROLE_ASSIGNABLE_GROUP,
    Standing.RESTRICTED_UNIT,
    Standing.OTHER,
)
"""What a person can hold: nothing, the roles that most others cover first, and what stands beside the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """What the other person holds, and for each column whether that role covers it."""

    label: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """One table: the roles that act are the columns."""

    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


def draw_matrix(kind: Kind) -> Matrix:
    """Return a table in the active language; no query."""
    covers = TABLES[kind]
    columns = tuple(role_name(role) for role in covers)
    return Matrix(
        columns=columns,
        rows=tuple(
            MatrixRow(label=_held(held), cells=tuple((role_name(role), held in covers[role]) for role in covers))
            for held in HELD
        ),
    )


def _held(held: Role | Standing) -> str:
    return gettext("No administrator role") if held is Standing.NONE else role_name(held)
