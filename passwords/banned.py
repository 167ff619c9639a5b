"""Banned words, pure: forms of a typed password, names inside it, its score, the whole-password block list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from passwords.term_index import TERM_LENGTHS, half_of, index_terms, match, matching_form
from passwords.wordlists import SHIPPED_TERMS, ListUnreadable, common_passwords, read_lines

ACCEPTED_SCORE = 5
"""Parts that a password must have at least, once every banned term counts as one."""

NAME_MIN_LENGTH = 4
"""Characters from which on a name is looked for; shorter ones occur by chance."""

HALVES = tuple(half_of(length) for length in range(TERM_LENGTHS.stop + 1))
"""By the length of a window."""

_NAME_BREAKS = re.compile(r"[\s\-\u2010-\u2015]+")
_more_blocklists: list[Callable[[str], bool]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where a term was found, in code points; positions are those of the typed password."""

    start: int
    length: int
    term_length: int
    exact: bool

    @property
    def end(self) -> int:
        """Return the position behind the last character."""
        return self.start + self.length


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Number of parts, the terms among them, and the work it took; it holds no character of the password."""

    value: int
    pieces: tuple[Piece, ...]
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NameHit:
    """Which name (its source code, as the caller named it) stands where."""

    source: str
    start: int
    length: int


@lru_cache(maxsize=1_024)
def name_words(value: str) -> tuple[str, ...]:
    """Return the matching forms to look for: the whole value and its words, from four characters on."""
    whole = matching_form(normalize("NFC", value).strip())
    words = dict.fromkeys([whole, *_NAME_BREAKS.split(whole)])
    return tuple(word for word in words if len(word) >= NAME_MIN_LENGTH)


def names_inside(text: str, *, names: Mapping[str, str]) -> tuple[NameHit, ...]:
    """Return the first place of each name that ``text`` contains; ``names`` maps a source code to the name."""
    form = matching_form(text)
    return tuple(
        NameHit(source=source, start=form.index(word), length=len(word))
        for source, value in names.items()
        for word in name_words(value)
        if word in form
    )


def score(text: str, *, custom_terms: tuple[str, ...] = (), with_global: bool = True) -> Score:
    """Cut ``text`` into the fewest parts, banned terms and single characters, and count them.

    Among cuts of the same size the one with more exact matches wins, then the one with the longer terms,
    then the one whose parts stand further left.
    """
    shipped, own = index_terms(global_terms() if with_global else ()), index_terms(custom_terms)
    form, longest = matching_form(text), max(shipped.longest, own.longest)
    size, steps = len(form), 0
    heads, tails = shipped.heads_in(form), shipped.tails_in(form)
    if own.longest:
        heads, tails = list(map(max, heads, own.heads_in(form))), list(map(max, tails, own.tails_in(form)))
    # best[i] is the cut of form[i:]: parts, minus exact matches, minus characters of terms, its first piece.
    best: list[tuple[int, int, int, Piece | None]] = [(0, 0, 0, None)] * (size + 1)
    for start in range(size - 1, -1, -1):
        chosen: tuple[int, int, int, Piece | None] | None = None
        for end in range(start + TERM_LENGTHS.start, min(start + longest + 1, size) + 1):
            half = HALVES[end - start]
            if heads[start] < half > tails[end]:
                steps += 1
                continue
            term_length, exact, looked = match(form[start:end], shipped.fragments, own.fragments)
            steps += looked
            if term_length:
                piece = Piece(start=start, length=end - start, term_length=term_length, exact=exact)
                rest = best[end]
                cut = (rest[0] + 1, rest[1] - exact, rest[2] - term_length, piece)
                chosen = cut if chosen is None or cut[:3] < chosen[:3] else chosen
        rest = best[start + 1]
        single = (rest[0] + 1, rest[1], rest[2], None)
        best[start] = single if chosen is None or single[:3] < chosen[:3] else chosen
        steps += 1
    return Score(value=best[0][0], pieces=_pieces(best), steps=steps)


def _pieces(best: list[tuple[int, int, int, Piece | None]]) -> tuple[Piece, ...]:
    found, position = [], 0
    while position < len(best) - 1:
        piece = best[position][3]
        position = piece.end if piece else position + 1
        if piece:
            found.append(piece)
    return tuple(found)


def read_terms(path: Path) -> tuple[str, ...]:
    """Read banned terms into matching form, one a line; lines that begin with ``#`` say nothing.

    :raises ListUnreadable: when the file cannot be read or a term does not have 4 to 16 characters.
    """
    terms = dict.fromkeys(matching_form(line) for line in read_lines(path) if not line.startswith("#"))
    for term in terms:
        if len(term) not in TERM_LENGTHS:
            raise ListUnreadable(path, f"'{term}' does not have 4 to 16 characters")
    return tuple(terms)


@lru_cache(maxsize=1)
def global_terms() -> tuple[str, ...]:
    """Return the global list in matching form; the shipped file is read once."""
    return read_terms(SHIPPED_TERMS)


def is_on_blocklist(text: str) -> bool:
    """Tell whether ``text`` as a whole is a common password, exactly (NFC, lower case) or in matching form."""
    common, forms = _blocklist(), forms_of(text)
    return not common.isdisjoint(forms) or any(is_on_it(form) for is_on_it in _more_blocklists for form in forms)


def forms_of(text: str) -> tuple[str, str]:
    """Return the two forms in which a text is looked up: composed and lower, and its matching form."""
    composed = normalize("NFC", text)
    return composed.lower(), matching_form(composed)


def also_refuse(is_on_it: Callable[[str], bool]) -> None:
    """Ask one more list for each form of a password; the same one twice counts once."""
    if is_on_it not in _more_blocklists:
        _more_blocklists.append(is_on_it)


@lru_cache(maxsize=1)
def _blocklist() -> frozenset[str]:
    return frozenset(form for line in common_passwords() for form in forms_of(line))
