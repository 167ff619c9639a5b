"""Banned words: forms, names and score, against the examples of the password policy."""

from __future__ import annotations

import pytest

from passwords import banned
from passwords.banned import matching_form, names_inside, score
from tests.passwords.banned_forms import STEPS_PER_CHARACTER, printed_form

CONTOSO = ("contoso", "blank")


def parts_of(text: str, terms: tuple[str, ...]) -> list[str]:
    """Cut the printed form as the score did."""
    printed = printed_form(text, pieces=score(text, custom_terms=terms, with_global=False).pieces)
    parts, position = [], 0
    for piece in score(text, custom_terms=terms, with_global=False).pieces:
        parts += [*printed[position : piece.start], printed[piece.start : piece.end]]
        position = piece.end
    return [*parts, *printed[position:]]


@pytest.mark.parametrize(
    ("typed", "terms", "printed", "parts", "value"),
    [
        ("C0ntos0Blank12", CONTOSO, "contosoblank12", ["contoso", "blank", "1", "2"], 4),
        ("ContoS0Bl@nkf9!", CONTOSO, "contosoblankf9!", ["contoso", "blank", "f", "9", "!"], 5),
        ("Bl@nK", ("blank",), "blank", ["blank"], 1),
        ("abcdeg", ("abcdef",), "abcdeg", ["abcdeg"], 1),
        ("abcdefg", ("abcdef",), "abcdefg", ["abcdef", "g"], 2),
        ("abcde", ("abcdef",), "abcde", ["abcde"], 1),
        # Leftover digits stay digits, although their matching form is a letter.
        ("10Blank01$@", ("blank",), "10blank01$@", ["1", "0", "blank", "0", "1", "$", "@"], 7),
        ("B1ank1", ("blank",), "blank1", ["blank", "1"], 2),
        ("", ("blank",), "", [], 0),
        ("q7W", ("blank",), "q7w", ["q", "7", "w"], 3),
    ],
)
def test_typed_password_is_cut_printed_and_scored(
    typed: str, terms: tuple[str, ...], printed: str, parts: list[str], value: int
) -> None:
    result = score(typed, custom_terms=terms, with_global=False)

    assert printed_form(typed, pieces=result.pieces) == printed
    assert parts_of(typed, terms) == parts
    assert result.value == value == len(parts)


@pytest.mark.parametrize(
    ("piece", "matches"),
    [
        ("monkey", True),
        ("m0nk3y", True),  # one substitution and one other character
        ("mxnxey", False),  # two characters differ
        ("mnkey", True),  # one left out
        ("onkey", True),  # the first one left out
        ("monke", True),  # the last one left out
        ("mokey", True),
        ("moey", False),  # two left out
        ("monxkey", True),  # one extra inside
        ("mxonkey", True),  # right behind the first
        ("monkexy", True),  # right before the last
        ("xmonkey", False),  # in front: a leftover
        ("monkeyx", False),  # behind: a leftover
        ("moxnxkey", False),  # two extra inside
        ("mnokey", False),  # two exchanged
    ],
)
def test_piece_matches_a_term_with_one_edit_at_most(piece: str, matches: bool) -> None:
    result = score(piece, custom_terms=("monkey",), with_global=False)

    assert (result.value == 1) is matches


def test_term_of_four_is_not_found_with_one_left_out() -> None:
    assert score("kng", custom_terms=("king",), with_global=False).value == 3
    assert score("kxng", custom_terms=("king",), with_global=False).value == 1


def test_term_of_sixteen_is_found_with_one_extra() -> None:
    term = "abcdefghijklmnop"

    assert score("abcdefgh-ijklmnop", custom_terms=(term,), with_global=False).value == 1


@pytest.mark.parametrize("term", ["abc", "a" * 17])
def test_term_of_a_wrong_length_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="4 to 16"):
        score("password", custom_terms=(term,), with_global=False)


def test_fewest_parts_win_over_an_earlier_exact_match() -> None:
    # [abcd] first would leave e and then [fghi]: three parts instead of two.
    assert parts_of("abcdefghi", ("abcd", "abcde", "fghi")) == ["abcde", "fghi"]


def test_among_equal_cuts_more_exact_matches_win() -> None:
    result = score("blankz", custom_terms=("blanx", "lankz"), with_global=False)

    assert [(piece.start, piece.exact) for piece in result.pieces] == [(1, True)]


def test_among_equal_cuts_the_longer_term_wins() -> None:
    # Both cuts have two parts and no exact match: [kqrst] for kqrsz and u, or k and [qrstu] for qrstuv.
    result = score("kqrstu", custom_terms=("kqrsz", "qrstuv"), with_global=False)

    assert [(piece.start, piece.term_length) for piece in result.pieces] == [(1, 6)]


def test_among_equal_cuts_the_match_further_left_wins() -> None:
    result = score("abcde", custom_terms=("abcd", "bcde"), with_global=False)

    assert [(piece.start, piece.length) for piece in result.pieces] == [(0, 4)]


def test_score_shows_no_character_of_the_password() -> None:
    assert "blank" not in repr(score("Bl@nk", custom_terms=("blank",), with_global=False)).lower()


def test_custom_term_is_found_in_matching_form() -> None:
    assert score("acme", custom_terms=("@CME",), with_global=False).value == 1


@pytest.mark.parametrize(
    ("text", "form"),
    [("P@$$W0RD1", "passwordl"), ("İ", "İ"), ("ÅSE", "åse"), ("ẞ", "ß"), ("3!", "3!")],
)
def test_matching_form_keeps_every_position(text: str, form: str) -> None:
    assert matching_form(text) == form
    assert len(form) == len(text)


def test_global_list_counts_with_custom_terms() -> None:
    assert score("Password2024!").value == 3
    assert score("Sommer2031?").value == 3
    assert score("ZorbulP@ssw0rd", custom_terms=("zorbul",)).value == 2
    assert score("ZorbulP@ssw0rd").value > 2


def test_shipped_list_is_small_and_well_formed() -> None:
    terms = banned.global_terms()

    assert 300 <= len(terms) <= 500
    assert len(set(terms)) == len(terms)
    assert sum(len(term) == 4 for term in terms) < 60


@pytest.mark.parametrize(
    ("text", "name", "hit"),
    [
        ("p0LL23fb", "Poll", True),
        ("xxB0bby!", "Bobby", True),
        ("my-Anne-1", "Mary Anne", True),
        ("mary9anne", "Anne-Marie", True),
        ("xxbo9", "Bo", False),
        ("jo-an77", "Jo-An", True),  # no word of four, but the whole value
        ("nils77", "Jon Nilsen", False),
        ("whatever", "", False),
    ],
)
def test_name_is_found_as_whole_and_by_word(text: str, name: str, hit: bool) -> None:
    assert bool(names_inside(text, names={"first_name": name})) is hit


def test_name_hit_says_which_name_and_where() -> None:
    (hit,) = names_inside("xxp0LL23", names={"first_name": "Eva", "last_name": "Poll"})

    assert (hit.source, hit.start, hit.length) == ("last_name", 2, 4)


def test_steps_are_counted_and_bounded_for_the_longest_password() -> None:
    terms = tuple(f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}ab{'abc'[n // 676]}bababab" for n in range(1000))

    worst = score("ab" * 128, custom_terms=terms).steps

    assert 256 < worst <= 256 * STEPS_PER_CHARACTER
    assert score("ab" * 64, custom_terms=terms).steps <= 128 * STEPS_PER_CHARACTER
