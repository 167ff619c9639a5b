"""What a tenant may set: lengths, depth and its own banned words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passwords.custom_terms import TermsRefused, parse_custom_terms
from passwords.policy import Profile, RulesInvalid, rules_of

MICROSOFT = rules_of(Profile.MICROSOFT_365)


@pytest.mark.parametrize(
    "change",
    [
        {"min_length": 7},
        {"min_length": 257},
        {"max_length": 257},
        {"max_length": 63},
        {"history_depth": 25},
        {"history_depth": -1},
        {"custom_terms": ("abc",)},
        {"custom_terms": ("a" * 17,)},
        {"custom_terms": tuple(f"term{n}" for n in range(1001))},
        {"profile": Profile.NIST},  # a minimum of 8
    ],
)
def test_rules_outside_the_profile_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(RulesInvalid, match=r"allowed|characters"):
        replace(MICROSOFT, **change)  # type: ignore[arg-type]  # the point of the test is a wrong value


def test_rules_of_a_profile_have_its_own_lengths() -> None:
    assert (MICROSOFT.min_length, MICROSOFT.max_length) == (8, 256)
    assert (rules_of(Profile.NIST).min_length, rules_of(Profile.NIST).max_length) == (15, 256)


def test_custom_list_is_stored_in_matching_form_without_doubles() -> None:
    assert parse_custom_terms("  C0NTOSO \n\ncontoso\r\nBl@nk\n") == ("contoso", "blank")


def test_custom_list_names_every_faulty_line() -> None:
    lines = ["abc", "fine", "a" * 17, *(f"term{n}x" for n in range(1000))]

    with pytest.raises(TermsRefused) as refusal:
        parse_custom_terms("\n".join(lines))

    assert refusal.value.problems == ((1, "length"), (3, "length"), (1003, "too_many"))
