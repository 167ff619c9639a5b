"""QR codes as the path of a drawing: the security policy allows pictures of the page itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 2
"""Empty modules around the code; paper around it does the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QrPath:
    """A path of dark modules in a square of ``size`` units."""

    path: str
    size: int


def path_of(text: str) -> QrPath:
    """Return the code of a text, such as an address."""
    rows = [[bool(module) for module in row] for row in segno.make(text, error="m").matrix]
    runs = []
    for y, row in enumerate(rows):
        x = 0
        for is_dark, modules in groupby(row):
            length = len(list(modules))
            if is_dark:
                runs.append(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z")
            x += length
    return QrPath(path="".join(runs), size=len(rows) + 2 * QUIET)
