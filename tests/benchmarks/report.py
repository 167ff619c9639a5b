"""Figures as a table for people and as a file for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number; ``at_most`` or ``at_least`` is its target, none where it is only told."""

    name: str
    value: float
    unit: str = "×"
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""
    medians_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_held(self) -> bool:
        """Tell whether the target is met; true where there is none."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def target(self) -> str:
        """Return the target as it is read."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """Return one word about the target."""
        if not self.target:
            return ""
        return "held" if self.is_held else "MISSED"

    @property
    def written(self) -> str:
        """Return the value with its unit."""
        number = f"{self.value:.0f}" if self.unit in ("queries", "hashes", "commits") else f"{self.value:.3g}"
        return f"{number} {self.unit}".strip()


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, its columns aligned."""
    rows = [("Figure", "Measured", "Target", "", "Medians")]
    rows += [(each.name, each.written, each.target, each.verdict, _medians(each)) for each in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)


def write(path: Path, figures: Sequence[Figure], *, facts: Mapping[str, object]) -> None:
    """Write the figures and what they stand on as JSON."""
    rows = [asdict(figure) | {"target": figure.target, "held": figure.is_held} for figure in figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**facts, "figures": rows}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _medians(figure: Figure) -> str:
    parts = [f"{name} {milliseconds:.1f} ms" for name, milliseconds in figure.medians_ms.items()]
    return ", ".join([*parts, *([figure.note] if figure.note else [])])
