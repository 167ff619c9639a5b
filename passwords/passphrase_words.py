"""The words of passphrases, pure: one list a language, from a package, without what no one wants to read aloud."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from passwords.wordlists import ListUnreadable, read_lines

PACKAGE: Final = "xkcdpass"
FALLBACK: Final = "en"
UNFIT_TERMS: Final = Path(__file__).with_name("unfit_terms.txt")
"""What no word of a passphrase starts with, or is where a dot ends the term; for the lists that are dictionaries."""


@dataclass(frozen=True, slots=True)
class WordList:
    """A file of the package and the lengths of its words that are taken, in letters."""

    file: str
    shortest: int
    longest: int


# The lists of English and German were made for this; those of Norwegian and Swedish are whole dictionaries, of which
# the short words are the ones that people know.
LISTS: Final = {
    "en": WordList("eff-long", 3, 9),
    "de": WordList("ger-long", 3, 9),
    "nb": WordList("nor-nb", 4, 6),
    "nn": WordList("nor-nb", 4, 6),
    "no": WordList("nor-nb", 4, 6),
    "sv": WordList("swe-short", 4, 6),
}


def words_for(language: str) -> tuple[str, ...]:
    """Return the words of a language such as ``nb`` or ``nb-no``, those of English where it has no list.

    ASCII letters only, each once, so that every keyboard has them and the number of bits is the one told.

    :raises ListUnreadable: when the package with the lists is not installed or damaged.
    """
    base = language.casefold().replace("_", "-").partition("-")[0]
    return _words_of(LISTS.get(base, LISTS[FALLBACK]))


@lru_cache(maxsize=len(LISTS))
def _words_of(wanted: WordList) -> tuple[str, ...]:
    is_fit = re.compile(f"(?!{_unfit()})[a-z]{{{wanted.shortest},{wanted.longest}}}").fullmatch
    return tuple(sorted({word for word in read_lines(_folder() / wanted.file) if is_fit(word)}))


def _unfit() -> str:
    return "|".join(f"{term[:-1]}$" if term.endswith(".") else term for term in read_lines(UNFIT_TERMS))


def _folder() -> Path:
    # Found by its place: nothing of the package but its lists is used, and nothing of it runs.
    package = find_spec(PACKAGE)
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise ListUnreadable(Path(PACKAGE), "the package with the words of passphrases is not installed")
    return Path(folders[0]) / "static"
