"""What the tests of the banned words share: how a match is written down, and the most that looking may cost."""

from __future__ import annotations

from collections.abc import Iterable

from passwords.banned import Piece
from passwords.term_index import TERM_LENGTHS, lower_form, matching_form

STEPS_PER_CHARACTER = 1 + sum(length + 1 for length in range(TERM_LENGTHS.start, TERM_LENGTHS.stop + 1))
"""Most steps a code point can cost: each window looked up whole and once for each character left out."""


def printed_form(text: str, *, pieces: Iterable[Piece]) -> str:
    """Return the matching form inside matched terms and the lower form elsewhere."""
    printed, substituted = list(lower_form(text)), matching_form(text)
    for piece in pieces:
        printed[piece.start : piece.end] = substituted[piece.start : piece.end]
    return "".join(printed)
