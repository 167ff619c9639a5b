"""Charts as plain numbers for a drawing without scripts: the template puts them into an SVG and a table beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from django.utils.functional import Promise

Label = TypeVar("Label", bound=str | Promise)

HEIGHT: Final = 100
"""Units from the ground of a chart to its top; the drawing is stretched to the room that there is."""
STEP: Final = 10
BAR: Final = 7
"""Units that one place on the axis has, and that its bar fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A part of a bar, in units as text: numbers in an attribute must not be written by locale."""

    x: str
    y: str
    height: str
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """What a colour stands for, with its sum."""

    label: str | Promise
    kind: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars over time, their parts stacked; ``rows`` are the same numbers for the table."""

    key: str
    title: str | Promise
    width: str
    bar: str
    rects: tuple[Rect, ...]
    legend: tuple[Legend, ...]
    most: int
    first: str
    last: str
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not self.rects


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One line of a list with a bar: a number, and how much of the largest it is, in hundredths as text."""

    label: str | Promise
    number: int
    share: str


def bar_chart(
    key: str, title: str | Promise, *, labels: Sequence[str], series: Mapping[Label, Sequence[int]]
) -> BarChart:
    """Return the drawing of numbers over time: one bar for each label, one part of it for each of the series."""
    rows = tuple((label, tuple(values[place] for values in series.values())) for place, label in enumerate(labels))
    most = max((sum(parts) for _label, parts in rows), default=0)
    rects = [rect for place, (_label, parts) in enumerate(rows) for rect in _stack(parts, place, most=most)]
    return BarChart(
        key=key,
        title=title,
        width=str(STEP * len(labels)),
        bar=str(BAR),
        rects=tuple(rects),
        legend=tuple(
            Legend(label=name, kind=kind, total=sum(numbers)) for kind, (name, numbers) in enumerate(series.items())
        ),
        most=most,
        first=labels[0] if labels else "",
        last=labels[-1] if labels else "",
        rows=rows,
    )


def shares(numbers: Mapping[Label, int]) -> list[Share]:
    """Return lines with bars, each measured by the largest."""
    most = max(numbers.values(), default=0)
    return [
        Share(label=label, number=number, share=str(round(100 * number / most) if most else 0))
        for label, number in numbers.items()
    ]


def _stack(parts: Sequence[int], place: int, *, most: int) -> list[Rect]:
    found, ground = list[Rect](), float(HEIGHT)
    for kind, number in enumerate(parts):
        height = HEIGHT * number / most if most else 0
        ground -= height
        if number:
            x = place * STEP + (STEP - BAR) / 2
            found.append(Rect(x=f"{x:g}", y=f"{ground:.2f}", height=f"{height:.2f}", kind=kind))
    return found
