"""A password can be read out: every character has its word, in the alphabet of the reader's language."""

from __future__ import annotations

import string

import pytest
from django.conf import settings as django_settings
from django.utils import translation

from adminportal.sealing import Secret
from adminportal.shell.spelling import SYMBOLS, WORDS, spell
from adminportal.shell.templatetags.portal import spelled

LANGUAGES = [code for code, _ in django_settings.LANGUAGES]


def _words(text: str, language: str) -> list[str]:
    with translation.override("en"):
        return [character.word for character in spell(text, language=language)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["capital Kilo", "small quebec", "seven", "hyphen"]),
        ("nb", ["capital Karin", "small quintus", "sju", "hyphen"]),
        ("sv", ["capital Kalle", "small qvintus", "sju", "hyphen"]),
        ("da", ["capital Karen", "small quintus", "syv", "hyphen"]),
        ("de", ["capital Kilo", "small quebec", "seven", "hyphen"]),
        ("en-gb", ["capital Kilo", "small quebec", "seven", "hyphen"]),
    ],
)
def test_password_is_spelled_in_the_language_of_the_reader(language: str, words: list[str]) -> None:
    assert _words("Kq7-", language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_of_a_keyboard_has_a_word_of_its_own(language: str) -> None:
    characters = string.ascii_letters + string.digits + string.punctuation + " "
    words = _words(characters, language)

    assert set(string.punctuation + " ") == set(SYMBOLS)
    assert all(words)
    assert len(set(words)) == len(characters)


@pytest.mark.parametrize("language", ["nb", "sv", "da"])
def test_word_of_a_letter_begins_with_it(language: str) -> None:
    exceptions = {"v": "Enkelt-V", "w": "Dobbelt-W"} if language == "nb" else {}
    for letter, word in WORDS[language].items():
        if letter.isalpha():
            assert word == exceptions.get(letter, word)
            assert letter in exceptions or word[0].lower() == letter


@pytest.mark.parametrize(("letter", "language", "word"), [("Å", "sv", "capital Åke"), ("ø", "da", "small øresund")])
def test_northern_letters_have_words(letter: str, language: str, word: str) -> None:
    assert _words(letter, language) == [word]


def test_foreign_letter_is_called_by_its_name() -> None:
    assert _words("éЖ中٣", "en") == [
        "small latin e with acute",
        "capital cyrillic zhe",
        "cjk unified ideograph-4e2d",
        "arabic-indic digit three",
    ]


def test_filter_takes_a_secret() -> None:
    with translation.override("nb"):
        assert [character.text for character in spelled(Secret("Åa1"))] == ["Å", "a", "1"]
