"""Sentences for the password rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from passwords.policy import PolicyRules, Profile, RuleName, Violation

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_ANY_REASON = ""

_SENTENCES: dict[tuple[RuleName, str], _StrPromise] = {
    (RuleName.MIN_LENGTH, _ANY_REASON): _("Use at least %(minimum)s characters; this password has %(length)s."),
    (RuleName.MAX_LENGTH, _ANY_REASON): _("Use at most %(maximum)s characters."),
    (RuleName.COMPLEXITY, _ANY_REASON): _(
        "Use at least three of these four: lower-case letters, upper-case letters, digits, symbols."
    ),
    (RuleName.CHARACTERS, "blank"): _("Use other characters than spaces."),
    (RuleName.CHARACTERS, "refused"): _(
        "Leave out these characters, which cannot be used in a password: %(characters)s"
    ),
    (RuleName.NOT_BANNED, "scoring"): _(
        "Add characters that are not part of a common word. A common word counts as one character, "
        "so this password counts %(score)s; at least %(needed)s are needed. Common words in it: %(characters)s"
    ),
    (RuleName.NOT_BANNED, "scoring_without_words"): _(
        "Add characters: this password counts %(score)s; at least %(needed)s are needed."
    ),
    (RuleName.NOT_BANNED, "blocklist"): _(
        "Choose a different password: this one is among the most common and is guessed first."
    ),
    (RuleName.NO_NAME, _ANY_REASON): _(
        "Leave out names of the person and of the organization, also with digits or signs for letters: %(characters)s"
    ),
    (RuleName.HISTORY, _ANY_REASON): _("Choose a password that has not been used before."),
    (RuleName.DIRECTORY, _ANY_REASON): _(
        "Choose a different password: the directory of the organization refused this one by its own rules."
    ),
}

_LENGTH_RULES: dict[RuleName, _StrPromise] = {
    RuleName.MIN_LENGTH: _("At least %(minimum)s characters."),
    RuleName.MAX_LENGTH: _("At most %(maximum)s characters."),
}
_CLASSES_RULE = _("Three of these four: lower-case letters, upper-case letters, digits, symbols.")
_CHARACTER_RULES: dict[Profile, _StrPromise] = {
    Profile.MICROSOFT_365: _("Only the letters A to Z, digits, spaces and common symbols; not spaces alone."),
    Profile.NIST: _("Any printable characters and spaces; not spaces alone."),
}
_BANNED_RULE = _("No common password, and not mainly made of common words.")
_COMMON_RULE = _("No common password.")
_NAMES_RULE = _("No names of the person or the organization.")


def sentence(violation: Violation) -> str:
    """Return what to do about a violation, in the active language; it may quote characters of the password."""
    reason = violation.values.get("reason", _ANY_REASON)
    if reason == "scoring" and not violation.values["characters"]:
        reason = "scoring_without_words"
    return str(_SENTENCES[violation.rule, reason]) % dict(violation.values)


def rule_list(rules: PolicyRules) -> list[tuple[RuleName, str]]:
    """Return the rules to show beside the field, in the active language, each with the name that ``judge`` gives."""
    limits = {"minimum": rules.min_length, "maximum": rules.max_length}
    shown = [(rule, str(text) % limits) for rule, text in _LENGTH_RULES.items()]
    if rules.classes_apply:
        shown.append((RuleName.COMPLEXITY, str(_CLASSES_RULE)))
    shown.append((RuleName.CHARACTERS, str(_CHARACTER_RULES[rules.profile])))
    if rules.scoring_applies or rules.blocklist_applies:
        shown.append((RuleName.NOT_BANNED, str(_BANNED_RULE if rules.scoring_applies else _COMMON_RULE)))
    return [*shown, (RuleName.NO_NAME, str(_NAMES_RULE))]
