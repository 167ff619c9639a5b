"""How a password is read out: each character with its word of the alphabet that the reader's language uses.

Sources: ICAO Annex 10 (English); the tables of the post offices and telecoms for Norwegian, Swedish and Danish.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

_ALPHABETS: Final[dict[str, str]] = {
    "en": "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec "
    "Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu",
    "nb": "Anna Bernhard Cæsar David Edith Fredrik Gustav Harald Ivar Johan Karin Ludvig Martin Nils Olivia Petter "
    "Quintus Rikard Sigrid Teodor Ulrik Enkelt-V Dobbelt-W Xerxes Yngling Zakarias Ærlig Østen Åse",
    "sv": "Adam Bertil Cesar David Erik Filip Gustav Helge Ivar Johan Kalle Ludvig Martin Niklas Olof Petter Qvintus "
    "Rudolf Sigurd Tore Urban Viktor Wilhelm Xerxes Yngve Zäta Åke Ärlig Östen",
    "da": "Anna Bernhard Cecilie David Erik Frederik Georg Hans Ida Johan Karen Ludvig Mari Nikolaj Odin Peter Quintus "
    "Rasmus Søren Theodor Ulla Viggo William Xerxes Yrsa Zackarias Ægir Øresund Åse",
}
_LETTERS: Final[dict[str, str]] = {
    "en": "abcdefghijklmnopqrstuvwxyz",
    "nb": "abcdefghijklmnopqrstuvwxyzæøå",
    "sv": "abcdefghijklmnopqrstuvwxyzåäö",
    "da": "abcdefghijklmnopqrstuvwxyzæøå",
}
_DIGITS: Final[dict[str, str]] = {
    "en": "zero one two three four five six seven eight nine",
    "nb": "null én to tre fire fem seks sju åtte ni",
    "sv": "noll ett två tre fyra fem sex sju åtta nio",
    "da": "nul en to tre fire fem seks syv otte ni",
}
WORDS: Final[dict[str, dict[str, str]]] = {
    language: dict(zip(_LETTERS[language], words.split(), strict=True))
    | dict(zip("0123456789", _DIGITS[language].split(), strict=True))
    for language, words in _ALPHABETS.items()
}
"""Language to character to word."""

SYMBOLS: Final[dict[str, str | Promise]] = {
    " ": _("space"),
    "!": _("exclamation mark"),
    '"': _("quotation mark"),
    "#": _("number sign"),
    "$": _("dollar sign"),
    "%": _("percent sign"),
    "&": _("ampersand"),
    "'": _("apostrophe"),
    "(": _("left parenthesis"),
    ")": _("right parenthesis"),
    "*": _("asterisk"),
    "+": _("plus sign"),
    ",": _("comma"),
    "-": _("hyphen"),
    ".": _("full stop"),
    "/": _("slash"),
    ":": _("colon"),
    ";": _("semicolon"),
    "<": _("less-than sign"),
    "=": _("equals sign"),
    ">": _("greater-than sign"),
    "?": _("question mark"),
    "@": _("at sign"),
    "[": _("left square bracket"),
    "\\": _("backslash"),
    "]": _("right square bracket"),
    "^": _("caret"),
    "_": _("underscore"),
    "`": _("grave accent"),
    "{": _("left brace"),
    "|": _("vertical bar"),
    "}": _("right brace"),
    "~": _("tilde"),
}
"""Every printable character of ASCII that is neither letter nor digit."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """One character and how it is said; the text may be part of a password."""

    text: str
    kind: str
    word: str


def spell(text: str, *, language: str = "") -> list[Spelled]:
    """Return how each character is said in a language, or else in the active one."""
    words = WORDS.get((language or get_language() or "en").partition("-")[0], WORDS["en"])
    return [_spelled(character, words) for character in text]


def _spelled(character: str, words: dict[str, str]) -> Spelled:
    if character in SYMBOLS:
        return Spelled(character, "symbol", str(SYMBOLS[character]))
    if character.isdigit():
        return Spelled(character, "digit", words.get(character, _by_name(character)))
    word = words.get(character.lower(), _by_name(character))
    if character.isupper():
        return Spelled(character, "letter", gettext("capital %(word)s") % {"word": word})
    if character.islower():
        return Spelled(character, "letter", gettext("small %(word)s") % {"word": word.lower()})
    return Spelled(character, "letter" if character.isalpha() else "symbol", word)


def _by_name(character: str) -> str:
    """Return what Unicode calls a character that no alphabet here has; its words for case are said already."""
    name = unicodedata.name(character, character).lower()
    return name.replace(" small letter", "").replace(" capital letter", "")
