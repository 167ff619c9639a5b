"""The sentences beside the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adminportal.sealing import Secret
from passwords.policy import PersonWords, Profile, RuleName, Violation, judge, rules_of
from passwords.validators import rule_list, sentence

MICROSOFT = rules_of(Profile.MICROSOFT_365)
NIST = rules_of(Profile.NIST)
NOBODY = PersonWords()

EVERY_VIOLATION = [
    Violation(rule=RuleName.HISTORY),
    Violation(rule=RuleName.DIRECTORY),
    *judge(Secret("x" * 300), rules=MICROSOFT, person=NOBODY),
    *judge(Secret("pollå"), rules=MICROSOFT, person=PersonWords(last_name="Poll")),
    *judge(Secret("monkey"), rules=MICROSOFT, person=NOBODY),
    *judge(Secret("  "), rules=MICROSOFT, person=NOBODY),
]


@pytest.mark.parametrize("violation", EVERY_VIOLATION, ids=lambda violation: violation.rule.value)
def test_every_violation_has_a_sentence_that_says_what_to_do(violation: Violation) -> None:
    text = sentence(violation)

    assert text.split()[0] in {"Use", "Leave", "Add", "Choose"}
    assert "%(" not in text
    assert "!" not in text.replace("!=", "")


def test_every_rule_name_has_a_sentence() -> None:
    assert {violation.rule for violation in EVERY_VIOLATION} == set(RuleName)


def test_sentence_keeps_percent_signs_of_the_password() -> None:
    (violation,) = judge(Secret("p%llen23f"), rules=MICROSOFT, person=PersonWords(last_name="P%llen"))

    assert sentence(violation).endswith("p%llen")


def test_rule_list_shows_what_applies_and_nothing_else() -> None:
    weak = rule_list(replace(MICROSOFT, strong_required=False, blocklist=False))

    assert dict(rule_list(MICROSOFT))[RuleName.MIN_LENGTH] == "At least 8 characters."
    assert dict(rule_list(NIST))[RuleName.MIN_LENGTH] == "At least 15 characters."
    assert RuleName.COMPLEXITY in dict(rule_list(MICROSOFT))
    assert RuleName.COMPLEXITY not in dict(rule_list(NIST))
    assert RuleName.NOT_BANNED in dict(rule_list(NIST))
    assert [rule for rule, _text in weak] == [
        RuleName.MIN_LENGTH,
        RuleName.MAX_LENGTH,
        RuleName.CHARACTERS,
        RuleName.NO_NAME,
    ]


def test_short_password_without_a_word_is_not_said_to_hold_one() -> None:
    violations = judge(Secret("vK7"), rules=MICROSOFT, person=NOBODY)

    texts = [sentence(violation) for violation in violations if violation.rule is RuleName.NOT_BANNED]

    assert texts == ["Add characters: this password counts 3; at least 5 are needed."]
