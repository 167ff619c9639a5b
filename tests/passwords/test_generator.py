"""Temporary passwords: shape, chance, policy and the end of trying."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from adminportal.sealing import Secret
from passwords import generator
from passwords.generator import (
    ALPHABET,
    CONSONANTS,
    DIGITS,
    VOWELS,
    GenerationFailed,
    Style,
    entropy_bits,
    generate,
)
from passwords.passphrase_words import words_for
from passwords.policy import PersonWords, PolicyRules, Profile, RuleName, judge, rules_of

MICROSOFT = rules_of(Profile.MICROSOFT_365)
NIST = rules_of(Profile.NIST)
NOBODY = PersonWords()
LOOK_ALIKES = set("0Oo1lI")


class Scripted:
    """A source that says what it is told, and the same for ever at the end."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.asked = 0

    def randrange(self, start: int, /) -> int:
        self.asked += 1
        return self.numbers.pop(0) % start if len(self.numbers) > 1 else self.numbers[0] % start


def number_for(text: str) -> int:
    """Return the one number that a random password is made of."""
    return sum(ALPHABET.index(sign) * len(ALPHABET) ** place for place, sign in enumerate(text))


def test_alphabets_are_those_of_the_policy() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 56
    assert LOOK_ALIKES.isdisjoint(ALPHABET)
    assert (len(set(CONSONANTS)), len(set(VOWELS)), len(set(DIGITS))) == (16, 4, 8)
    assert LOOK_ALIKES.isdisjoint(CONSONANTS + VOWELS + DIGITS)


@pytest.mark.parametrize(("rules", "length"), [(MICROSOFT, 12), (NIST, 15), (replace(MICROSOFT, min_length=40), 40)])
def test_random_style_has_twelve_signs_or_the_minimum(rules: PolicyRules, length: int) -> None:
    drawn = generate(style=Style.RANDOM, rules=rules, person=NOBODY).expose()

    assert len(drawn) == length
    assert set(drawn) <= set(ALPHABET)


def test_passphrase_is_five_words_with_a_capital_and_hyphens() -> None:
    drawn = generate(style=Style.PASSPHRASE, rules=MICROSOFT, person=NOBODY).expose()

    assert re.fullmatch("[A-Z][a-z]{2,8}(-[a-z]{3,9}){4}", drawn)
    assert set(drawn.lower().split("-")) <= set(words_for("en"))


def test_passphrase_is_in_the_language_asked_for() -> None:
    drawn = generate(style=Style.PASSPHRASE, rules=MICROSOFT, person=NOBODY, language="nb").expose()

    assert set(drawn.lower().split("-")) <= set(words_for("nb"))


@pytest.mark.parametrize("minimum", [40, 64, 128, 250])
def test_passphrase_takes_more_words_until_the_minimum_is_reached(minimum: int) -> None:
    drawn = generate(style=Style.PASSPHRASE, rules=replace(MICROSOFT, min_length=minimum), person=NOBODY).expose()

    *words, _last = drawn.split("-")
    assert len("-".join(words)) < minimum <= len(drawn)


def test_shorter_list_takes_more_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "words_for", lambda language: words_for("en")[:1024])

    drawn = generate(style=Style.PASSPHRASE, rules=MICROSOFT, person=NOBODY).expose()

    assert len(drawn.split("-")) == 6
    assert entropy_bits(Style.PASSPHRASE, MICROSOFT) == 60


def test_every_word_of_a_passphrase_is_as_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    few = words_for("en")[::971]
    monkeypatch.setattr(generator, "words_for", lambda language: few)
    source = random.Random(5)

    counts = Counter(
        word
        for _ in range(200)
        for word in generate(style=Style.PASSPHRASE, rules=NIST, person=NOBODY, source=source)
        .expose()
        .lower()
        .split("-")
    )

    # 7 degrees of freedom: 24.3 is passed by chance once in 1,000.
    expected = sum(counts.values()) / len(few)
    assert len(few) == 8
    assert sum((counts[word] - expected) ** 2 / expected for word in few) < 24.3


def test_pronounceable_style_has_five_syllables_and_four_digits() -> None:
    drawn = generate(style=Style.PRONOUNCEABLE, rules=MICROSOFT, person=NOBODY).expose()
    syllable = f"[{CONSONANTS}][{VOWELS}][{CONSONANTS}]"

    assert re.fullmatch(f"({syllable}-){{5}}[2-9]{{4}}", drawn[0].lower() + drawn[1:])
    assert drawn[0].isupper()


@pytest.mark.parametrize("minimum", [8, 24, 25, 27, 28, 63, 255, 256])
def test_pronounceable_style_grows_to_exactly_the_minimum(minimum: int) -> None:
    rules = replace(MICROSOFT, min_length=minimum)

    assert len(generate(style=Style.PRONOUNCEABLE, rules=rules, person=NOBODY).expose()) == max(24, minimum)


@pytest.mark.parametrize(
    ("style", "rules", "least"),
    [
        (Style.RANDOM, MICROSOFT, 69.4),
        (Style.RANDOM, NIST, 87.0),
        (Style.PRONOUNCEABLE, MICROSOFT, 62.0),
        (Style.PASSPHRASE, MICROSOFT, 64.6),
    ],
)
def test_entropy_is_what_the_policy_promises(style: Style, rules: PolicyRules, least: float) -> None:
    assert least <= entropy_bits(style, rules) < least + 0.2
    assert entropy_bits(style, rules) >= generator.FLOOR_BITS


def test_share_of_draws_with_all_classes_is_the_counted_one() -> None:
    source = random.Random(11)
    draws = ["".join(source.choice(ALPHABET) for _ in range(12)) for _ in range(20_000)]
    good = sum(bool(re.search("[a-z]", one) and re.search("[A-Z]", one) and re.search("[2-9]", one)) for one in draws)

    assert good / len(draws) == pytest.approx(generator._share_with_all_classes(12), abs=0.01)


def test_refused_draw_is_drawn_again() -> None:
    refused, good = "abcdefghijkm", "vK7wmqzuH4xr"
    source = Scripted(number_for(refused), number_for(good), 0)

    drawn = generate(style=Style.RANDOM, rules=MICROSOFT, person=NOBODY, source=source)

    assert drawn.expose() == good
    assert source.asked == 2


def test_draw_with_the_persons_name_is_drawn_again() -> None:
    named, good = "vK7wPrebenxr", "vK7wmqzuH4xr"
    source = Scripted(number_for(named), number_for(good), 0)

    drawn = generate(style=Style.RANDOM, rules=MICROSOFT, person=PersonWords(first_name="Preben"), source=source)

    assert drawn.expose() == good


def test_source_that_never_passes_ends_in_an_error_without_the_password() -> None:
    source = Scripted(0)

    with pytest.raises(GenerationFailed) as failure:
        generate(style=Style.RANDOM, rules=MICROSOFT, person=NOBODY, source=source)

    assert source.asked == generator.MOST_DRAWS
    assert failure.value.draws == generator.MOST_DRAWS
    assert "aaaa" not in str(failure.value)


def chi_square(counts: Counter[str], signs: str) -> float:
    expected = sum(counts.values()) / len(signs)
    return sum((counts[sign] - expected) ** 2 / expected for sign in signs)


def test_every_sign_of_the_random_style_is_as_likely() -> None:
    source = random.Random(20_260_101)
    drawn = [generate(style=Style.RANDOM, rules=NIST, person=NOBODY, source=source).expose() for _ in range(600)]

    # 55 degrees of freedom: 93.2 is passed by chance once in 1,000.
    assert chi_square(Counter("".join(drawn)), ALPHABET) < 93.2


def test_every_sign_of_a_class_is_as_likely_where_classes_are_asked_for() -> None:
    source = random.Random(7)
    counts = Counter(
        "".join(
            generate(style=Style.RANDOM, rules=MICROSOFT, person=NOBODY, source=source).expose() for _ in range(600)
        )
    )

    # 23 and 7 degrees of freedom: 49.7 and 24.3 are passed by chance once in 1,000.
    assert chi_square(Counter({s: counts[s] for s in generator.LOWER}), generator.LOWER) < 49.7
    assert chi_square(Counter({s: counts[s] for s in generator.UPPER}), generator.UPPER) < 49.7
    assert chi_square(Counter({s: counts[s] for s in DIGITS}), DIGITS) < 24.3


def test_every_sign_of_the_pronounceable_style_is_as_likely() -> None:
    source = random.Random(3)
    drawn = [
        generate(style=Style.PRONOUNCEABLE, rules=MICROSOFT, person=NOBODY, source=source).expose().lower()
        for _ in range(300)
    ]
    letters = Counter("".join(drawn))

    # 15, 3 and 7 degrees of freedom: passed by chance once in 1,000.
    assert chi_square(Counter({s: letters[s] for s in CONSONANTS}), CONSONANTS) < 37.7
    assert chi_square(Counter({s: letters[s] for s in VOWELS}), VOWELS) < 16.3
    assert chi_square(Counter({s: letters[s] for s in DIGITS}), DIGITS) < 24.3


def test_default_source_is_the_operating_systems() -> None:
    assert isinstance(generator._SYSTEM_SOURCE, random.SystemRandom)
    drawn = {generate(style=Style.RANDOM, rules=MICROSOFT, person=NOBODY).expose() for _ in range(50)}

    assert len(drawn) == 50
    assert all(not judge(Secret(one), rules=MICROSOFT, person=NOBODY) for one in drawn)


def test_random_style_is_hardly_ever_refused_for_its_words() -> None:
    source = random.Random(31)
    drawn = [Secret("".join(source.choice(ALPHABET) for _ in range(12))) for _ in range(1_000)]

    refused = [violation for one in drawn for violation in judge(one, rules=MICROSOFT, person=NOBODY)]

    assert {violation.rule for violation in refused} == {RuleName.COMPLEXITY}


def test_share_of_three_signs_with_all_classes_is_exact() -> None:
    orders = 6

    assert generator._share_with_all_classes(3) == pytest.approx(orders * 24 * 24 * 8 / 56**3)
