"""The share of a large product of cases that ``make test`` takes: each route, each value; ``make test-full`` all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

from tests.contracts.routes import ROUTES, Route

PARTS = 3
Value = TypeVar("Value")

in_turns = pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.full) for turn in (1, 2))])
"""Gives a test its ``turn``: the parts that :func:`part_of` hands out, only the first one in ``make test``."""


def part_of(values: Sequence[Value], route: Route, turn: int) -> Sequence[Value]:
    """Return every third of the values, beginning elsewhere for the next route; the three turns make all of them."""
    return values[(ROUTES.index(route) + turn) % PARTS :: PARTS]


def pairs(ones: Sequence[object], others: Sequence[object]) -> list[ParameterSet]:
    """Return each of these with each of those; of three neighbours two are marked as long."""
    return [
        pytest.param(
            one,
            other,
            marks=[pytest.mark.full] if (row + column) % PARTS else [],
            id=f"{one}-{ascii(other)[1:-1][:12]}",
        )
        for row, one in enumerate(ones)
        for column, other in enumerate(others)
    ]
