"""Password rules, pure: what a profile asks for, and every violation of it at once."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from unicodedata import normalize

from adminportal.sealing import Secret
from passwords import banned
from passwords.custom_terms import CUSTOM_TERMS_LIMIT
from passwords.term_index import TERM_LENGTHS

LONGEST_PASSWORD = 256
"""Code points of the longest password of any profile."""

LEAST_MAXIMUM = 64
"""Code points below which no maximum may go (NIST SP 800-63B-4, 3.1.1.2)."""

COMPOSED_FROM_AT_MOST = 4
"""Code points that NFC turns into one at most; longer input is too long before it is normalised."""

HISTORY_DEPTHS = range(25)
"""Former passwords that may be remembered."""

CLASSES_NEEDED = 3
"""Of the four character classes, in the Microsoft 365 profile."""

CHARACTERS_SHOWN = 10
"""Refused characters that a violation names at most."""

SYMBOLS = frozenset(" @#$%^&*-_!+=[]{}|\\:',.?/`~\"();<>")
CHARACTER_CLASSES: Mapping[str, frozenset[str]] = {
    "lower": frozenset(string.ascii_lowercase),
    "upper": frozenset(string.ascii_uppercase),
    "digit": frozenset(string.digits),
    "symbol": SYMBOLS,
}
_MICROSOFT_CHARACTERS = frozenset[str]().union(*CHARACTER_CLASSES.values())


class Profile(StrEnum):
    """The two sets of rules that a tenant chooses from."""

    MICROSOFT_365 = "microsoft365"
    NIST = "nist"


class RuleName(StrEnum):
    """Names of the rules, as the API, the panel and the audit log say them."""

    MIN_LENGTH = "PasswordMinLength"
    MAX_LENGTH = "PasswordMaxLength"
    COMPLEXITY = "PasswordComplexity"
    CHARACTERS = "PasswordCharacters"
    NOT_BANNED = "PasswordNotBanned"
    NO_NAME = "PasswordNoName"
    HISTORY = "PasswordHistory"
    DIRECTORY = "PasswordDirectory"


class RulesInvalid(ValueError):
    """Rules that no profile allows; the message says which value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRules:
    """The rules for one person: the tenant's profile and settings, and the person's own flags.

    :raises RulesInvalid: when a length, the history depth or the custom list is outside what the profile allows.
    """

    profile: Profile
    min_length: int
    max_length: int
    strong_required: bool = True
    custom_terms: tuple[str, ...] = ()
    banned_scoring: bool = True
    blocklist: bool = True
    tenant_name: str = ""
    history_depth: int = 1

    def __post_init__(self) -> None:
        floor = least_length(self.profile)
        if not floor <= self.min_length <= self.max_length:
            raise RulesInvalid(f"min_length is {self.min_length}: {floor} to {self.max_length} are allowed.")
        if not LEAST_MAXIMUM <= self.max_length <= LONGEST_PASSWORD:
            raise RulesInvalid(f"max_length is {self.max_length}: 64 to 256 are allowed.")
        if self.history_depth not in HISTORY_DEPTHS:
            raise RulesInvalid(f"history_depth is {self.history_depth}: 0 to 24 are allowed.")
        if len(self.custom_terms) > CUSTOM_TERMS_LIMIT:
            raise RulesInvalid(f"custom_terms has {len(self.custom_terms)} terms: 1,000 are allowed.")
        if any(len(term) not in TERM_LENGTHS for term in self.custom_terms):
            raise RulesInvalid("custom_terms has a term that does not have 4 to 16 characters.")

    @property
    def scoring_applies(self) -> bool:
        """Tell whether the password is scored; the Microsoft 365 profile cannot switch the global list off."""
        return self.strong_required and (self.banned_scoring or self.profile is Profile.MICROSOFT_365)

    @property
    def blocklist_applies(self) -> bool:
        """Tell whether the whole-password block list counts; the NIST profile cannot switch it off."""
        return self.blocklist or self.profile is Profile.NIST

    @property
    def classes_apply(self) -> bool:
        """Tell whether character classes are asked for."""
        return self.strong_required and self.profile is Profile.MICROSOFT_365


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWords:
    """Words of the person that a password must not hold; an empty one is not looked for."""

    first_name: str = ""
    last_name: str = ""
    user_name: str = ""
    product_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that a password breaks, with codes and characters for the sentence.

    The characters are those of a typed password, so ``repr`` leaves them out: violations travel in exceptions.
    """

    rule: RuleName
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


def least_length(profile: Profile) -> int:
    """Return the least minimum length of a profile, in code points."""
    return 15 if profile is Profile.NIST else 8


def rules_of(
    profile: Profile,
    *,
    strong_required: bool = True,
    custom_terms: tuple[str, ...] = (),
    banned_scoring: bool = True,
    blocklist: bool = True,
    tenant_name: str = "",
    history_depth: int = 1,
) -> PolicyRules:
    """Make the rules of a profile, with the profile's own lengths.

    :raises RulesInvalid: when a value is outside what the profile allows.
    """
    return PolicyRules(
        profile=profile,
        min_length=least_length(profile),
        max_length=LONGEST_PASSWORD,
        strong_required=strong_required,
        custom_terms=custom_terms,
        banned_scoring=banned_scoring,
        blocklist=blocklist,
        tenant_name=tenant_name,
        history_depth=history_depth,
    )


def hashing_form(password: Secret) -> Secret:
    """Return what is hashed and compared, in every profile: NFC, which changes no ASCII password."""
    return Secret(normalize("NFC", password.expose()))


def judge(password: Secret, *, rules: PolicyRules, person: PersonWords) -> tuple[Violation, ...]:
    """Return every rule that the password breaks; a too long one is refused before anything else is looked at."""
    return tuple(_violations(password, rules, person))


def is_accepted(password: Secret, *, rules: PolicyRules, person: PersonWords) -> bool:
    """Tell whether the password breaks no rule; the first one that it breaks is the last one that is looked at."""
    return next(_violations(password, rules, person), None) is None


def _violations(password: Secret, rules: PolicyRules, person: PersonWords) -> Iterator[Violation]:
    if len(password.expose()) > COMPOSED_FROM_AT_MOST * rules.max_length:
        yield _too_long(rules)
        return
    # Some signs become ASCII by NFC (U+212A, the Kelvin sign); the ASCII profile judges what was typed.
    text = (hashing_form(password) if rules.profile is Profile.NIST else password).expose()
    if len(text) > rules.max_length:
        yield _too_long(rules)
        return
    yield from _length(text, rules)
    yield from _classes(text, rules)
    yield from _characters(text, rules)
    yield from _names(text, rules, person)
    yield from _scoring(text, rules)
    yield from _blocklist(text, rules)


def _too_long(rules: PolicyRules) -> Violation:
    return Violation(rule=RuleName.MAX_LENGTH, values={"maximum": str(rules.max_length)})


def _length(text: str, rules: PolicyRules) -> Iterable[Violation]:
    if len(text) < rules.min_length:
        values = {"minimum": str(rules.min_length), "length": str(len(text))}
        yield Violation(rule=RuleName.MIN_LENGTH, values=values)


def _classes(text: str, rules: PolicyRules) -> Iterable[Violation]:
    missing = [name for name, members in CHARACTER_CLASSES.items() if members.isdisjoint(text)]
    if rules.classes_apply and len(CHARACTER_CLASSES) - len(missing) < CLASSES_NEEDED:
        yield Violation(rule=RuleName.COMPLEXITY, values={"missing": ",".join(missing)})


def _characters(text: str, rules: PolicyRules) -> Iterable[Violation]:
    if not text.strip(" "):
        yield Violation(rule=RuleName.CHARACTERS, values={"reason": "blank"})
    refused = dict.fromkeys(sign for sign in text if not _is_allowed(sign, rules.profile))
    if refused:
        shown = " ".join(_visible(sign) for sign in list(refused)[:CHARACTERS_SHOWN])
        yield Violation(rule=RuleName.CHARACTERS, values={"reason": "refused", "characters": shown})


def _is_allowed(sign: str, profile: Profile) -> bool:
    return sign in _MICROSOFT_CHARACTERS if profile is Profile.MICROSOFT_365 else sign.isprintable()


def _visible(sign: str) -> str:
    return sign if sign.isprintable() else f"U+{ord(sign):04X}"


def _names(text: str, rules: PolicyRules, person: PersonWords) -> Iterable[Violation]:
    names = {"first_name": person.first_name, "last_name": person.last_name, "tenant_name": rules.tenant_name}
    if rules.profile is Profile.NIST:
        names |= {"user_name": person.user_name, "user_name_local_part": person.user_name.partition("@")[0]}
        names |= {"product_name": person.product_name}
    hits = banned.names_inside(text, names=names)
    if hits:
        sources = ",".join(dict.fromkeys(hit.source for hit in hits))
        yield Violation(rule=RuleName.NO_NAME, values={"sources": sources, "characters": _typed(text, hits)})


def _scoring(text: str, rules: PolicyRules) -> Iterable[Violation]:
    if not rules.scoring_applies:
        return
    result = banned.score(text, custom_terms=rules.custom_terms)
    if result.value < banned.ACCEPTED_SCORE:
        values = {"reason": "scoring", "score": str(result.value), "needed": str(banned.ACCEPTED_SCORE)}
        yield Violation(rule=RuleName.NOT_BANNED, values=values | {"characters": _typed(text, result.pieces)})


def _blocklist(text: str, rules: PolicyRules) -> Iterable[Violation]:
    if rules.blocklist_applies and banned.is_on_blocklist(text):
        yield Violation(rule=RuleName.NOT_BANNED, values={"reason": "blocklist"})


def _typed(text: str, found: Iterable[banned.Piece | banned.NameHit]) -> str:
    return " ".join(dict.fromkeys(text[spot.start : spot.start + spot.length] for spot in found))
