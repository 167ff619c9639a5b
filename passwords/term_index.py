"""Banned terms made ready for look-ups, pure: the form they are compared in, and which of them a window stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

TERM_LENGTHS = range(4, 17)
"""Characters that a banned term may have."""

SHORTEST_HALF = TERM_LENGTHS.start // 2
"""Characters of the shortest beginning and end that is kept of a term."""

SUBSTITUTIONS = {"0": "o", "1": "l", "$": "s", "@": "a"}
"""Signs that people type for letters. Exactly these four ship."""

_TRANSLATION = str.maketrans(SUBSTITUTIONS)
WHOLE = 1 << TERM_LENGTHS.stop
"""Bit above all gap positions: the fragment is a term as it stands."""


@dataclass(frozen=True, slots=True)
class TermIndex:
    """Every term and every term with one character left out, so that a match is a look-up.

    A fragment maps to bits: bit ``p`` when a term without its character ``p`` gives it, ``WHOLE`` when it is a term.
    ``heads`` and ``tails`` are what terms begin and end with, up to their middle.
    """

    fragments: Mapping[str, int]
    longest: int
    heads: frozenset[str]
    tails: frozenset[str]

    def heads_in(self, text: str) -> list[int]:
        """Return for each place how much of a term begins there at most, in characters; less of it does as well."""
        found, heads = [], self.heads
        for start in range(len(text)):
            size = SHORTEST_HALF
            while start + size <= len(text) and text[start : start + size] in heads:
                size += 1
            found.append(size - 1)
        return found

    def tails_in(self, text: str) -> list[int]:
        """Return for each place, that behind the text as well, how much of a term ends before it at most."""
        found, tails = [], self.tails
        for end in range(len(text) + 1):
            size = SHORTEST_HALF
            while size <= end and text[end - size : end] in tails:
                size += 1
            found.append(size - 1)
        return found


def lower_form(text: str) -> str:
    """Lower-case each character that stays one character, so that positions correspond."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


def matching_form(text: str) -> str:
    """Return the lower form with the four substitutions at every position."""
    return lower_form(text).translate(_TRANSLATION)


@lru_cache(maxsize=16)
def index_terms(terms: tuple[str, ...]) -> TermIndex:
    """Build the index of ``terms``; kept for the last 16 lists, about 1 MB each at 1,000 terms.

    :raises ValueError: when a term is shorter or longer than :data:`TERM_LENGTHS`.
    """
    fragments: dict[str, int] = {}
    heads, tails = set[str](), set[str]()
    for term in map(matching_form, terms):
        if len(term) not in TERM_LENGTHS:
            raise ValueError(f"A banned term has 4 to 16 characters, not {len(term)}.")
        fragments[term] = fragments.get(term, 0) | WHOLE
        for gap in range(len(term)):
            shorter = term[:gap] + term[gap + 1 :]
            fragments[shorter] = fragments.get(shorter, 0) | 1 << gap
        for half in range(SHORTEST_HALF, len(term) - len(term) // 2 + 1):
            heads.add(term[:half])
            tails.add(term[-half:])
    return TermIndex(fragments, max(map(len, terms), default=0), frozenset(heads), frozenset(tails))


def half_of(length: int) -> int:
    """Return how much of a term stands at one end of a window of this length that is near it: half of the term.

    One character amiss leaves the other half as it is. The term is at most one character shorter than the window, and
    never shorter than any term.
    """
    return max(TERM_LENGTHS.start, length - 1) // 2


def match(window: str, shipped: Mapping[str, int], own: Mapping[str, int]) -> tuple[int, bool, int]:
    """Return the length of the longest term that ``window`` stands for (0: none), whether exactly, and look-ups."""
    length = len(window)
    bits = shipped.get(window, 0) | own.get(window, 0)
    if bits:
        exact = bits >= WHOLE
        return length if exact else length + 1, exact, 1
    inner = 0
    for gap in range(length):
        shorter = window[:gap] + window[gap + 1 :]
        bits = shipped.get(shorter, 0)
        if own:
            bits |= own.get(shorter, 0)
        if bits:
            if bits >> gap & 1:
                return length, False, gap + 2
            # In front of or behind a term an extra character is a leftover, no part of the match.
            if bits >= WHOLE and 0 < gap < length - 1:
                inner = length - 1
    return inner, False, length + 1
