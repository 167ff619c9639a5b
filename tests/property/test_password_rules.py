"""Password rules for any input: against a second, plain reading of the policy, and within their bounds."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from string import ascii_letters

from hypothesis import given, settings
from hypothesis import strategies as st

from adminportal.sealing import Secret
from passwords import banned
from passwords.generator import ALPHABET, CONSONANTS, DIGITS, FLOOR_BITS, VOWELS, Style, entropy_bits, generate
from passwords.passphrase_words import LISTS, words_for
from passwords.policy import PersonWords, PolicyRules, Profile, RuleName, judge, rules_of
from passwords.term_index import lower_form
from passwords.validators import sentence
from tests.passwords.banned_forms import STEPS_PER_CHARACTER, printed_form

any_text = st.text(alphabet=st.characters(codec=None), max_size=1_000)
names = st.text(max_size=40)
terms = st.lists(
    st.one_of(st.text(min_size=4, max_size=16), st.text(alphabet=ALPHABET, min_size=4, max_size=8)), max_size=25
).map(tuple)
people = st.builds(PersonWords, first_name=names, last_name=names, user_name=names, product_name=names)


@st.composite
def any_rules(draw: st.DrawFn) -> PolicyRules:
    """Draw rules that a tenant may have."""
    rules = rules_of(
        draw(st.sampled_from(Profile)),
        strong_required=draw(st.booleans()),
        custom_terms=draw(terms),
        banned_scoring=draw(st.booleans()),
        blocklist=draw(st.booleans()),
        tenant_name=draw(names),
    )
    longer = draw(st.sampled_from([8, 12, 15, 20, 64]))
    return replace(rules, min_length=max(rules.min_length, longer), max_length=draw(st.sampled_from([64, 128, 256])))


def stands_for(piece: str, term: str) -> bool:
    """Read step 2 of the check word by word."""
    if len(piece) == len(term):
        return sum(a != b for a, b in zip(piece, term, strict=True)) <= 1
    if len(piece) == len(term) - 1:
        return len(piece) >= 4 and any(piece == term[:gap] + term[gap + 1 :] for gap in range(len(term)))
    return len(piece) == len(term) + 1 and any(
        piece == term[:gap] + piece[gap] + term[gap:] for gap in range(1, len(term))
    )


def best_cut(text: str, words: tuple[str, ...]) -> tuple[int, int, int]:
    """Return parts, minus exact matches, minus characters of terms of the best cut, from the left, term by term."""
    best = [(0, 0, 0)]
    for end in range(1, len(text) + 1):
        parts, exact, length = best[end - 1]
        cuts = [(parts + 1, exact, length)]
        for start in range(end):
            piece = text[start:end]
            parts, exact, length = best[start]
            cuts += [(parts + 1, exact - (piece == w), length - len(w)) for w in words if stands_for(piece, w)]
        best.append(min(cuts))
    return best[-1]


few_letters = st.text(alphabet="abcl0@", min_size=0, max_size=24)
few_letter_terms = st.lists(st.text(alphabet="abcl0@", min_size=4, max_size=7), max_size=4).map(tuple)


@given(text=few_letters, words=few_letter_terms)
@settings(max_examples=400, deadline=None)
def test_score_is_that_of_a_plain_reading_of_the_policy(text: str, words: tuple[str, ...]) -> None:
    result = banned.score(text, custom_terms=words, with_global=False)

    expected = best_cut(banned.matching_form(text), tuple(banned.matching_form(word) for word in words))
    exact = sum(piece.exact for piece in result.pieces)
    assert (result.value, -exact, -sum(piece.term_length for piece in result.pieces)) == expected


@given(text=few_letters, words=few_letter_terms)
@settings(max_examples=200, deadline=None)
def test_pieces_lie_side_by_side_and_make_up_the_score(text: str, words: tuple[str, ...]) -> None:
    result = banned.score(text, custom_terms=words, with_global=False)

    assert all(left.end <= right.start for left, right in pairwise(result.pieces))
    assert result.value == len(text) - sum(piece.length - 1 for piece in result.pieces)
    printed = printed_form(text, pieces=result.pieces)
    for position, sign in enumerate(printed):
        inside = any(piece.start <= position < piece.end for piece in result.pieces)
        form = banned.matching_form(text) if inside else lower_form(text)
        assert sign == form[position]


@given(text=any_text)
@settings(max_examples=200, deadline=None)
def test_forms_keep_every_position(text: str) -> None:
    assert len(lower_form(text)) == len(banned.matching_form(text)) == len(text)
    assert banned.matching_form(banned.matching_form(text)) == banned.matching_form(text)


@given(text=any_text, rules=any_rules(), person=people)
@settings(max_examples=200, deadline=None)
def test_judge_answers_for_any_text_with_sentences(text: str, rules: PolicyRules, person: PersonWords) -> None:
    violations = judge(Secret(text), rules=rules, person=person)

    assert all(sentence(violation) for violation in violations)
    if len(text) < rules.min_length:
        assert RuleName.MIN_LENGTH in {violation.rule for violation in violations}
    if RuleName.MAX_LENGTH in {violation.rule for violation in violations}:
        assert len(violations) == 1


@given(text=st.text(max_size=256), words=terms)
@settings(max_examples=100, deadline=None)
def test_steps_of_the_score_are_bounded(text: str, words: tuple[str, ...]) -> None:
    assert banned.score(text, custom_terms=words).steps <= len(text) * STEPS_PER_CHARACTER


SIGNS = {
    Style.RANDOM: ALPHABET,
    Style.PRONOUNCEABLE: CONSONANTS + VOWELS + DIGITS + "-" + CONSONANTS.upper(),
    Style.PASSPHRASE: ascii_letters + "-",
}


@given(style=st.sampled_from(Style), rules=any_rules(), person=people, seed=st.integers())
@settings(max_examples=300, deadline=None)
def test_temporary_password_meets_every_policy(
    style: Style, rules: PolicyRules, person: PersonWords, seed: int
) -> None:
    drawn = generate(style=style, rules=rules, person=person, source=random.Random(seed))

    assert judge(drawn, rules=rules, person=person) == ()
    assert rules.min_length <= len(drawn.expose()) <= rules.max_length
    assert entropy_bits(style, rules) >= FLOOR_BITS
    assert set(drawn.expose()) <= set(SIGNS[style])


@given(language=st.sampled_from([*LISTS, "da", "fr", "nb-NO"]), rules=any_rules(), person=people, seed=st.integers())
@settings(max_examples=200, deadline=None)
def test_passphrase_of_every_language_meets_every_policy(
    language: str, rules: PolicyRules, person: PersonWords, seed: int
) -> None:
    source = random.Random(seed)
    drawn = generate(style=Style.PASSPHRASE, rules=rules, person=person, language=language, source=source)

    assert judge(drawn, rules=rules, person=person) == ()
    assert rules.min_length <= len(drawn.expose()) <= rules.max_length
    assert entropy_bits(Style.PASSPHRASE, rules, language=language) >= FLOOR_BITS
    assert set(drawn.expose().lower().split("-")) <= set(words_for(language))


@given(seed=st.integers(), style=st.sampled_from(Style))
@settings(max_examples=50, deadline=None)
def test_temporary_password_holds_nothing_of_the_person(seed: int, style: Style) -> None:
    rules = rules_of(Profile.MICROSOFT_365)
    one, other = PersonWords(first_name="Wilhelmina"), PersonWords(first_name="Trebinsky")

    drawn = [
        generate(style=style, rules=rules, person=who, source=random.Random(seed)).expose() for who in (one, other)
    ]

    assert drawn[0] == drawn[1]
