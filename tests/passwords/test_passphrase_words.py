"""The words of passphrases: which list a language has, how many words, and what is left out."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from passwords import passphrase_words
from passwords.generator import FLOOR_BITS, WORDS
from passwords.passphrase_words import LISTS, words_for
from passwords.wordlists import ListUnreadable


@pytest.mark.parametrize("language", LISTS)
def test_list_is_long_enough_for_five_words(language: str) -> None:
    assert WORDS * math.log2(len(words_for(language))) >= FLOOR_BITS


@pytest.mark.parametrize("language", LISTS)
def test_words_are_ascii_letters_and_each_stands_once(language: str) -> None:
    words = words_for(language)

    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(("language", "word"), [("en", "abacus"), ("de", "abend"), ("nb", "vindu"), ("sv", "fönster")])
def test_list_is_of_the_language(language: str, word: str) -> None:
    assert (word in words_for(language)) is word.isascii()


@pytest.mark.parametrize(("asked", "same"), [("nb-NO", "nb"), ("nb_no", "nb"), ("NN", "nb"), ("da", "en"), ("", "en")])
def test_language_without_a_list_has_the_next_best(asked: str, same: str) -> None:
    assert words_for(asked) == words_for(same)


@pytest.mark.parametrize(
    ("language", "gone", "kept"),
    [
        ("nb", {"neger", "horeri", "homo", "drap", "urin"}, {"fisk", "homofon", "kanal"}),
        ("sv", {"bajs", "anal"}, {"slutta"}),
    ],
)
def test_words_that_nobody_wants_to_read_aloud_are_left_out(language: str, gone: set[str], kept: set[str]) -> None:
    words = set(words_for(language))

    assert not gone & words
    assert {word for word in kept if len(word) <= 6} <= words


def test_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    passphrase_words._words_of.cache_clear()
    monkeypatch.setattr(passphrase_words, "PACKAGE", "no_such_package_at_all")

    with pytest.raises(ListUnreadable, match="not installed"):
        words_for("en")
    passphrase_words._words_of.cache_clear()


def test_term_with_a_dot_is_a_whole_word_and_one_without_a_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text("abacus.\nabdom\n")
    monkeypatch.setattr(passphrase_words, "UNFIT_TERMS", terms)
    passphrase_words._words_of.cache_clear()

    words = set(words_for("en"))

    assert "abacus" not in words and "abdomen" not in words and "abdominal" not in words and "ability" in words
    passphrase_words._words_of.cache_clear()
