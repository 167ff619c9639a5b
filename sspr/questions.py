"""Security questions: which there are, and the form in which answers are compared."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Final

BUILT_IN: Final = tuple(f"q{number:02}" for number in range(1, 36))
"""Keys of the questions that every tenant has."""
SHORTEST_ANSWER: Final = 3
LONGEST_ANSWER: Final = 40
"""Characters of an answer in the form that is compared."""


def normal_form(answer: str) -> str:
    """Return an answer as it is hashed: case, accents' spelling and blanks do not tell two answers apart."""
    return " ".join(unicodedata.normalize("NFKC", answer[: LONGEST_ANSWER * 2]).casefold().split())


def drawn(keys: Sequence[str], *, number: int, salt: str) -> list[str]:
    """Return some of the questions, the same for the same salt."""
    order = sorted(keys, key=lambda key: hashlib.sha256(f"{salt}\x00{key}".encode()).digest())
    return order[:number]
