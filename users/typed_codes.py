"""Codes as people type them: with blanks and hyphens, in the digits of their script. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 64
"""Characters of a typed code that are looked at."""
BETWEEN: Final = "-–."
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: what looks alike stands for one sign."""
_ALIKE: Final = str.maketrans("ILO", "110")


def digits_of(typed: str) -> str:
    """Return the digits of any script without what people put between them; nothing where there is anything else."""
    digits = [unicodedata.decimal(sign, -1) for sign in _signs(typed)]
    return "" if -1 in digits else "".join(map(str, digits))


def letters_of(typed: str) -> str:
    """Return a code of :data:`ALPHABET` without what people put between its signs; nothing where it is none."""
    letters = "".join(_signs(unicodedata.normalize("NFKC", typed[:LONGEST]))).upper().translate(_ALIKE)
    return letters if set(letters) <= set(ALPHABET) else ""


def _signs(typed: str) -> list[str]:
    return [sign for sign in typed[:LONGEST] if not sign.isspace() and sign not in BETWEEN]
