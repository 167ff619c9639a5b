"""Where people can be reached to prove who they are: what they registered first, else what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from adminportal.queries import Question, fetch, one_of
from users.models import ContactKind, MethodKind, User
from users.names import fold_upn

AT_ONCE: Final = 5_000
"""People whom one statement asks for; SQLite takes some 32,000 values."""

WAYS: Final = """
    SELECT user_id, kind, value, proven_at IS NOT NULL, is_default, 1 FROM users_authenticationmethod
        WHERE user_id {people}
    UNION ALL
    SELECT user_id, kind, value, proven_at IS NOT NULL, FALSE, 0 FROM users_contact WHERE user_id {people}
    UNION ALL
    SELECT user_id, 'recovery', '', TRUE, FALSE, 1 FROM users_recoverycode
        WHERE used_at IS NULL AND user_id {people}
"""
"""Everything that somebody can be reached at or prove themselves with; the last column says that it is private."""
PARTS: Final = 3

EMAILS: Final = (MethodKind.EMAIL.value, MethodKind.EXTRA_EMAIL.value, ContactKind.ALTERNATE_EMAIL.value)
EMAILS_OF: Final = """
    SELECT user_id, kind, value FROM users_authenticationmethod WHERE user_id {people} AND kind IN (%s, %s)
    UNION ALL
    SELECT user_id, kind, value FROM users_contact WHERE user_id {people} AND kind = %s
"""
MOBILES: Final = (
    (MethodKind.MOBILE_PHONE.value, True),
    (MethodKind.ALTERNATE_PHONE.value, True),
    (ContactKind.MOBILE_PHONE.value, False),
)
"""The alternate phone stands in where the first one was removed, as when it was lost."""
OFFICES: Final = ((MethodKind.OFFICE_PHONE.value, True), (ContactKind.OFFICE_PHONE.value, False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One address or number; private when its owner registered it, proven when a code confirmed it."""

    value: str = field(repr=False)
    is_private: bool
    is_proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a person can prove themselves with, one of each kind; ``recovery_codes`` counts those unused.

    ``default`` is the kind of the method that they want to be asked for first, or nothing.
    """

    email: Way | None = None
    mobile: Way | None = None
    office: Way | None = None
    has_app: bool = False
    recovery_codes: int = 0
    all_emails: tuple[str, ...] = field(default=(), repr=False)
    default: str = ""


NOWHERE: Final = Reach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Emails:
    """The addresses of a person beside the own mailbox; ``alternate`` is the one of the contact data."""

    alternate: str = field(default="", repr=False)
    all_emails: tuple[str, ...] = field(default=(), repr=False)


def reach_of(user_ids: Collection[UUID]) -> dict[UUID, Reach]:
    """Return for each of these people where they can be reached; one statement for up to 5,000, in any scope.

    Whoever is unknown is reached nowhere, at the same cost.
    """
    reached = dict.fromkeys(user_ids, NOWHERE)
    wanted = list(reached)
    for some in (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)):
        found: dict[UUID, list[tuple[Any, ...]]] = {}
        of_people, people = one_of(some)
        for row in fetch(WAYS.format(people=of_people), people * PARTS, uuid_columns=(0,)):
            found.setdefault(row[0], []).append(row)
        reached |= {user_id: _reach(rows) for user_id, rows in found.items()}
    return reached


def emails_of(user_ids: Sequence[UUID]) -> dict[UUID, Emails]:
    """Return the addresses of each of these people and nothing else of them; one statement, in any scope."""
    values: dict[UUID, dict[str, str]] = {user_id: {} for user_id in user_ids}
    for user_id, kind, value in fetch(*emails_question(user_ids), uuid_columns=(0,)) if user_ids else ():
        values[user_id][kind] = value
    kind_of_contact = ContactKind.ALTERNATE_EMAIL.value
    return {
        user_id: Emails(alternate=each.get(kind_of_contact, ""), all_emails=tuple(each.values()))
        for user_id, each in values.items()
    }


def emails_question(user_ids: Sequence[UUID]) -> Question:
    """Return what :func:`emails_of` asks, to be asked ahead."""
    of_people, people = one_of(user_ids)
    registered, known = EMAILS[:2], EMAILS[2:]
    return EMAILS_OF.format(people=of_people), (*people, *registered, *people, *known)


def addresses_of(user: User, reach: Reach | Emails, *more: str) -> list[str]:
    """Return every address that is told what happens to an account: its own mailbox first, each one once."""
    own = user.mail or user.user_principal_name
    return _unlike([own, *reach.all_emails, *(each for each in more if "@" in each)])


def _reach(rows: Iterable[tuple[Any, ...]]) -> Reach:
    ways, recovery_codes, default = dict[tuple[str, bool], Way](), 0, ""
    for _, kind, value, is_proven, is_default, is_private in rows:
        recovery_codes += kind == "recovery"
        default = kind if is_default else default
        ways[kind, bool(is_private)] = Way(value=value, is_private=bool(is_private), is_proven=bool(is_proven))
    emails = [way for kind in EMAILS for way in (ways.get((kind, True)), ways.get((kind, False))) if way]
    return Reach(
        email=next(iter(emails), None),
        mobile=_first(ways, MOBILES),
        office=_first(ways, OFFICES),
        has_app=(MethodKind.AUTHENTICATOR.value, True) in ways,
        recovery_codes=recovery_codes,
        all_emails=tuple(_unlike(way.value for way in emails)),
        default=default,
    )


def _first(ways: Mapping[tuple[str, bool], Way], wanted: Iterable[tuple[str, bool]]) -> Way | None:
    return next((ways[each] for each in wanted if each in ways), None)


def _unlike(addresses: Iterable[str]) -> list[str]:
    """Return the addresses in their order, without those that differ from an earlier one by case alone."""
    kept: dict[str, str] = {}
    for address in addresses:
        kept.setdefault(fold_upn(address), address)
    return list(kept.values())
