"""Temporary passwords, pure: drawn at random, never from data of the person, and redrawn until the policy passes."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations
from typing import Protocol

from adminportal.sealing import Secret
from passwords.passphrase_words import FALLBACK, words_for
from passwords.policy import PersonWords, PolicyRules, is_accepted

LOWER = "abcdefghijkmnpqrstuvwxyz"
UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
ALPHABET = LOWER + UPPER + DIGITS
"""The 56 signs of the random style, without 0 O o 1 l I."""

CONSONANTS = "bdfghjkmnprstvwz"
VOWELS = "aeiu"

RANDOM_LENGTH = 12
"""Characters of the random style, where the policy does not ask for more."""

WORDS = 5
"""Words of the passphrase style, where the list of the language is long enough."""

SYLLABLES = 5
PIN_LENGTH = 4
"""Digits at the end of the pronounceable style."""

FLOOR_BITS = 60
"""Entropy that every style has at least."""

MOST_DRAWS = 100
"""Draws before giving up; rules that refuse half of all draws would get here once in 2 ** 100 passwords."""


class Style(StrEnum):
    """The shapes of a temporary password."""

    RANDOM = "random"
    PRONOUNCEABLE = "pronounceable"
    PASSPHRASE = "passphrase"  # noqa: S105  # the name of a style


class RandomSource(Protocol):
    """Where chance comes from: ``random.Random`` and all its kinds."""

    def randrange(self, start: int, /) -> int:
        """Return a number from 0 to ``start`` - 1, each as likely."""


class GenerationFailed(Exception):
    """No draw passed the policy; nothing was set."""

    def __init__(self, *, style: Style, draws: int) -> None:
        super().__init__(f"None of {draws} {style.value} passwords passed the policy; no password was set.")
        self.style, self.draws = style, draws


_SYSTEM_SOURCE = secrets.SystemRandom()


def generate(
    *,
    style: Style,
    rules: PolicyRules,
    person: PersonWords,
    language: str = FALLBACK,
    source: RandomSource = _SYSTEM_SOURCE,
) -> Secret:
    """Draw a temporary password of at least 60 bits that passes the policy of the person.

    ``language`` is that of the words of a passphrase.

    :raises GenerationFailed: when none of 100 draws passes.
    :raises ListUnreadable: when the words of passphrases are not installed.
    """
    for _attempt in range(MOST_DRAWS):
        drawn = Secret(_draw(style, rules.min_length, language, source))
        if is_accepted(drawn, rules=rules, person=person):
            return drawn
    raise GenerationFailed(style=style, draws=MOST_DRAWS)


def entropy_bits(style: Style, rules: PolicyRules, *, language: str = FALLBACK) -> float:
    """Return the bits of a password of this style, less those that the character classes cost."""
    if style is Style.PASSPHRASE:
        words = words_for(language)
        return _number_of_words(words) * math.log2(len(words))
    if style is Style.PRONOUNCEABLE:
        syllables, digits = _pronounceable_shape(rules.min_length)
        syllable_bits = 2 * math.log2(len(CONSONANTS)) + math.log2(len(VOWELS))
        return syllables * syllable_bits + digits * math.log2(len(DIGITS))
    length = max(RANDOM_LENGTH, rules.min_length)
    accepted = _share_with_all_classes(length) if rules.classes_apply else 1.0
    return length * math.log2(len(ALPHABET)) + math.log2(accepted)


def _draw(style: Style, min_length: int, language: str, source: RandomSource) -> str:
    if style is Style.PASSPHRASE:
        return _passphrase(words_for(language), min_length, source)
    return _pronounceable(min_length, source) if style is Style.PRONOUNCEABLE else _random(min_length, source)


def _passphrase(words: Sequence[str], min_length: int, source: RandomSource) -> str:
    """Draw as many words as the bits ask for, and more until the minimum is reached."""
    drawn = [words[source.randrange(len(words))] for _ in range(_number_of_words(words))]
    while len("-".join(drawn)) < min_length:
        drawn.append(words[source.randrange(len(words))])
    return "-".join([drawn[0].capitalize(), *drawn[1:]])


def _number_of_words(words: Sequence[str]) -> int:
    return max(WORDS, math.ceil(FLOOR_BITS / math.log2(len(words))))


def _random(min_length: int, source: RandomSource) -> str:
    """Draw one number for all signs: each draw asks the system for chance."""
    length = max(RANDOM_LENGTH, min_length)
    number, signs = source.randrange(len(ALPHABET) ** length), []
    for _ in range(length):
        number, place = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[place])
    return "".join(signs)


def _pronounceable(min_length: int, source: RandomSource) -> str:
    syllables, digits = _pronounceable_shape(min_length)
    drawn = ["".join(_pick(signs, source) for signs in (CONSONANTS, VOWELS, CONSONANTS)) for _ in range(syllables)]
    pin = "".join(_pick(DIGITS, source) for _ in range(digits))
    return "-".join([drawn[0].capitalize(), *drawn[1:], pin])


def _pronounceable_shape(min_length: int) -> tuple[int, int]:
    """Return syllables and digits; a longer minimum takes more syllables, and digits for the rest."""
    per_syllable = 4
    syllables = max(SYLLABLES, (min_length - PIN_LENGTH) // per_syllable)
    return syllables, max(PIN_LENGTH, min_length - per_syllable * syllables)


def _share_with_all_classes(length: int) -> float:
    """Return the share of draws with lower, upper and digit: the alphabet has no symbol, so three of four are these."""
    classes = (len(LOWER), len(UPPER), len(DIGITS))
    return sum(
        (1 - 2 * (missing % 2)) * ((len(ALPHABET) - sum(left_out)) / len(ALPHABET)) ** length
        for missing in range(len(classes))
        for left_out in combinations(classes, missing)
    )


def _pick(signs: str, source: RandomSource) -> str:
    return signs[source.randrange(len(signs))]
