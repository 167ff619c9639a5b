"""Every rule of the two profiles, alone and together."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from unittest import mock

import pytest

from adminportal.sealing import Secret
from passwords import banned
from passwords.policy import (
    PersonWords,
    PolicyRules,
    Profile,
    RuleName,
    hashing_form,
    judge,
    rules_of,
)

MICROSOFT = rules_of(Profile.MICROSOFT_365)
NIST = rules_of(Profile.NIST)
NOBODY = PersonWords()
GOOD = "vK7!mqzu"
GOOD_PHRASE = "gul vaffel under trappa"


def rules_broken(text: str, rules: PolicyRules = MICROSOFT, person: PersonWords = NOBODY) -> list[RuleName]:
    return [violation.rule for violation in judge(Secret(text), rules=rules, person=person)]


def values_of(text: str, rules: PolicyRules = MICROSOFT, person: PersonWords = NOBODY) -> dict[str, str]:
    (violation,) = judge(Secret(text), rules=rules, person=person)
    return dict(violation.values)


def test_good_password_breaks_no_rule() -> None:
    assert rules_broken(GOOD) == []
    assert rules_broken(GOOD_PHRASE, NIST) == []


@pytest.mark.parametrize(
    ("rules", "shortest"),
    [(MICROSOFT, 8), (NIST, 15), (replace(MICROSOFT, min_length=12), 12)],
)
def test_minimum_is_the_first_length_that_passes(rules: PolicyRules, shortest: int) -> None:
    text = "vK7!mqzuW4#hxrc9"

    assert rules_broken(text[:shortest], rules) == []
    assert rules_broken(text[: shortest - 1], rules) == [RuleName.MIN_LENGTH]
    assert values_of(text[: shortest - 1], rules)["length"] == str(shortest - 1)


@pytest.mark.parametrize("rules", [MICROSOFT, NIST])
def test_maximum_is_the_last_length_that_passes(rules: PolicyRules) -> None:
    text = "vK7!mqzu" * 32

    assert rules_broken(text, rules) == []
    assert rules_broken(text + "x", rules) == [RuleName.MAX_LENGTH]


def test_too_long_password_is_refused_before_it_is_scored() -> None:
    with mock.patch.object(banned, "score") as scored, mock.patch.object(banned, "is_on_blocklist") as looked_up:
        assert rules_broken("password" * 200) == [RuleName.MAX_LENGTH]

    assert not scored.called
    assert not looked_up.called


def test_nist_counts_code_points_after_composition() -> None:
    composed_of_two = "e\u0301"

    assert rules_broken(composed_of_two * 7 + "vKmqzu", NIST) == [RuleName.MIN_LENGTH]
    assert RuleName.MAX_LENGTH not in rules_broken(composed_of_two * 256, NIST)
    assert RuleName.MAX_LENGTH in rules_broken(composed_of_two * 257, NIST)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("vkqmzuwx", False),
        ("vkqmzu74", False),
        ("VKQMZU74", False),
        ("vkqmzu!#", False),
        ("vKqmzu74", True),
        ("vKqmzu!#", True),
        ("VKQMZU7#", True),
        ("vkqm 74z", True),  # a space counts as a symbol
    ],
)
def test_microsoft_asks_for_three_of_four_classes(text: str, passes: bool) -> None:
    assert rules_broken(text) == ([] if passes else [RuleName.COMPLEXITY])


def test_complexity_names_the_missing_classes() -> None:
    assert values_of("vkqmzu74") == {"missing": "upper,symbol"}


@pytest.mark.parametrize("sign", list(" @#$%^&*-_!+=[]{}|\\:',.?/`~\"();<>"))
def test_every_symbol_of_the_set_is_allowed_and_counts(sign: str) -> None:
    assert rules_broken(f"vkq{sign}z7wh") == []


@pytest.mark.parametrize("sign", ["å", "é", "€", "\t", "\n", "\x00", "\u00a0", "\u212a", "😀", "\x7f"])
def test_microsoft_refuses_characters_outside_the_set(sign: str) -> None:
    assert rules_broken(f"vK7!mqzu{sign}") == [RuleName.CHARACTERS]


@pytest.mark.parametrize("sign", ["å", "é", "€", "😀", "漢", " "])
def test_nist_allows_any_printing_character(sign: str) -> None:
    assert rules_broken(f"gulvaffelunder{sign}trappa", NIST) == []


@pytest.mark.parametrize("sign", ["\t", "\n", "\x00", "\u00a0", "\u200b", "\ud800", "\x7f"])
def test_nist_refuses_characters_that_do_not_print(sign: str) -> None:
    assert rules_broken(f"gulvaffelunder{sign}trappa", NIST) == [RuleName.CHARACTERS]


def test_refused_characters_are_named_once_and_visibly() -> None:
    assert values_of("vK7!mqzuøø\x07") == {"reason": "refused", "characters": "ø U+0007"}


@pytest.mark.parametrize("rules", [MICROSOFT, NIST, replace(MICROSOFT, strong_required=False)])
@pytest.mark.parametrize("text", ["", " " * 20])
def test_empty_and_all_space_password_is_refused(text: str, rules: PolicyRules) -> None:
    assert RuleName.CHARACTERS in rules_broken(text, rules)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("C0ntos0Blank12", [RuleName.NOT_BANNED]), ("ContoS0Bl@nkf9!", [])],
)
def test_table_of_the_policy_holds_through_judge(text: str, verdict: list[RuleName]) -> None:
    assert rules_broken(text, replace(MICROSOFT, custom_terms=("contoso", "blank"))) == verdict


def test_scoring_says_which_typed_characters_hit() -> None:
    values = values_of("C0ntos0Blank12", replace(MICROSOFT, custom_terms=("contoso", "blank")))

    assert values == {"reason": "scoring", "score": "4", "needed": "5", "characters": "C0ntos0 Blank"}


def test_name_inside_is_refused_with_the_typed_characters() -> None:
    values = values_of("p0LL23fb", person=PersonWords(first_name="Eva", last_name="Poll"))

    assert values == {"sources": "last_name", "characters": "p0LL"}


@pytest.mark.parametrize("rules", [MICROSOFT, NIST, replace(MICROSOFT, strong_required=False)])
@pytest.mark.parametrize("word", ["Wilhelmina", "Trebinsky", "Zorbul"])
def test_first_last_and_tenant_name_are_refused_in_every_profile(word: str, rules: PolicyRules) -> None:
    person = PersonWords(first_name="Wilhelmina", last_name="Trebinsky")

    broken = rules_broken(f"vK7!mqzuW4#h{word}", replace(rules, tenant_name="Zorbul Works"), person)

    assert broken == [RuleName.NO_NAME]


@pytest.mark.parametrize("word", ["wtreb", "wtreb@zorbul.example", "adminportal"])
def test_user_name_and_product_name_are_refused_in_nist_alone(word: str) -> None:
    person = PersonWords(user_name="wtreb@zorbul.example", product_name="adminportal")
    text = f"vK7!mqzuW4#h{word}"

    assert rules_broken(text, NIST, person) == [RuleName.NO_NAME]
    assert rules_broken(text, MICROSOFT, person) == []


def test_name_with_a_decomposed_accent_is_found() -> None:
    person = PersonWords(last_name="Ha\u030akonsen")

    assert RuleName.NO_NAME in rules_broken("vmqzuvmqzu-h\u00e5konsen", NIST, person)


def test_common_password_is_refused_as_a_whole() -> None:
    text = next(line for line in sorted(banned._blocklist()) if len(line) >= 8 and banned.score(line).value >= 5)

    assert values_of(text, replace(MICROSOFT, strong_required=False)) == {"reason": "blocklist"}
    assert rules_broken(text, replace(MICROSOFT, strong_required=False, blocklist=False)) == []
    assert rules_broken(text + "vK7!mqzu", replace(MICROSOFT, strong_required=False)) == []


def test_nist_cannot_switch_the_blocklist_off() -> None:
    rules = replace(NIST, blocklist=False, banned_scoring=False)

    assert rules_broken("password", rules) == [RuleName.MIN_LENGTH, RuleName.NOT_BANNED]


def test_microsoft_cannot_switch_the_scoring_off_but_nist_can() -> None:
    text = "Password2024!Password2024!"

    assert rules_broken("Password2024!", replace(MICROSOFT, banned_scoring=False)) == [RuleName.NOT_BANNED]
    assert rules_broken(text[:20], replace(NIST, banned_scoring=True)) == [RuleName.NOT_BANNED]
    assert rules_broken(text[:20], replace(NIST, banned_scoring=False)) == []


def test_weak_flag_drops_classes_and_scoring_and_keeps_the_rest() -> None:
    weak = replace(MICROSOFT, strong_required=False)

    assert rules_broken("passwordmonkey", weak) == []
    assert rules_broken("vkq", weak) == [RuleName.MIN_LENGTH]
    assert rules_broken("vkqmzuwå", weak) == [RuleName.CHARACTERS]
    assert rules_broken("password", weak) == [RuleName.NOT_BANNED]


def test_all_violations_come_at_once() -> None:
    person = PersonWords(last_name="Poll")

    broken = rules_broken("pollå", person=person)

    assert broken == [RuleName.MIN_LENGTH, RuleName.COMPLEXITY, RuleName.CHARACTERS, RuleName.NO_NAME]
    assert rules_broken("monkey").count(RuleName.NOT_BANNED) == 2  # by score and by list


def test_violation_hides_the_characters_of_the_password() -> None:
    (violation,) = judge(
        Secret("C0ntos0Blank12"), rules=replace(MICROSOFT, custom_terms=("contoso", "blank")), person=NOBODY
    )

    assert "C0ntos0" in violation.values["characters"]
    assert "C0ntos0" not in repr(violation)


def test_hashing_form_composes_and_keeps_case_and_spaces() -> None:
    assert hashing_form(Secret(" A\u030ase ")).expose() == " Åse "


def test_rules_need_no_django_settings() -> None:
    script = (
        "from adminportal.sealing import Secret\n"
        "from passwords.policy import PersonWords, Profile, judge, rules_of\n"
        "print(judge(Secret('password'), rules=rules_of(Profile.NIST), person=PersonWords())[0].rule)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert ran.stdout == "PasswordMinLength\n"
