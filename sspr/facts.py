"""Loads what decides about people, by the batch, in a fixed number of queries; inside the tenant's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from adminportal.outbox import channels
from adminportal.queries import fetch, places
from sspr.eligibility import PersonFacts, Verdict, Way, judge
from sspr.models import Gate, SsprPolicy
from sspr.number_blocks import is_in_reach
from sspr.subjects import subject_of
from users.models import MethodKind, Tenant, User, UserType
from users.names import fold_upn
from users.services.reach import Reach, reach_of
from users.targets import TargetFacts, load_facts

NOBODY: Final = UUID(int=0)
L11_FAILURES: Final = 100
"""Failures in a row after which a method is disabled until it is registered again."""
AT_ONCE: Final = 2_000
"""People asked for with one statement; PostgreSQL takes 65,535 values."""

TELLING_DIGITS: Final = 8
"""Last digits by which numbers are compared: the same number is written with and without its country."""

GATES_OF: Final[Mapping[str, tuple[Gate, ...]]] = {
    MethodKind.AUTHENTICATOR: (Gate.APP,),
    MethodKind.EMAIL: (Gate.EMAIL,),
    MethodKind.EXTRA_EMAIL: (Gate.EMAIL,),
    MethodKind.MOBILE_PHONE: (Gate.MOBILE_SMS, Gate.MOBILE_VOICE),
    MethodKind.ALTERNATE_PHONE: (Gate.MOBILE_SMS, Gate.MOBILE_VOICE),
    MethodKind.OFFICE_PHONE: (Gate.OFFICE_VOICE,),
}
"""The methods of the wizard that a registered one comes up as, the one to open first at the head."""

FACTS: Final = """
    SELECT user_id, 'answer', question, '' FROM sspr_securityanswer WHERE user_id IN ({people})
    UNION ALL SELECT user_id, 'licence', '', '' FROM users_licenceassignment WHERE user_id IN ({people})
    UNION ALL SELECT user_id, 'group', '', '' FROM users_groupmember WHERE user_id IN ({people}) AND group_id = %s
    UNION ALL SELECT NULL, 'disabled', gate, subject FROM sspr_gatefailures
        WHERE subject IN ({people}) AND in_a_row >= %s
"""
PARTS_ABOUT_PEOPLE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person as self-service sees them; ``places`` are addresses and numbers by the method that uses them.

    ``preferred`` are the methods of the one that they made their default; ``has_own_mailbox`` that an address of theirs
    is the mailbox which they are locked out of.
    """

    user: User
    facts: PersonFacts
    target: TargetFacts
    places: Mapping[Gate, str] = field(repr=False)
    questions: tuple[str, ...] = ()
    preferred: tuple[Gate, ...] = ()
    has_own_mailbox: bool = False


def available_gates(policy: SsprPolicy) -> frozenset[Gate]:
    """Return the methods whose way of sending is set up and, under these settings, used at all."""
    has_sms, has_voice = (channels.is_set_up(kind) and policy.sms_a_day > 0 for kind in ("sms", "voice"))
    needs = {Gate.MOBILE_SMS: has_sms, Gate.MOBILE_VOICE: has_voice, Gate.OFFICE_VOICE: has_voice}
    return frozenset(gate for gate in Gate if needs.get(gate, True))


def load_known(
    users: Iterable[User],
    *,
    policy: SsprPolicy,
    subjects: Mapping[UUID, str] | None = None,
    targets: Mapping[UUID, TargetFacts] | None = None,
) -> dict[UUID, Known]:
    """Read everything that decides about these people; three queries for each two thousand of them.

    ``subjects`` are their digests, and ``targets`` their standing, where these are known already.
    """
    people = list(users)
    found: dict[UUID, Known] = {}
    for start in range(0, len(people), AT_ONCE):
        batch = people[start : start + AT_ONCE]
        digests = {user.pk: (subjects or {}).get(user.pk) or subject_of(user.upn_folded) for user in batch}
        rows = _rows_of(digests, group_id=policy.group_id)
        standing, reached = targets or load_facts(batch), reach_of(digests)
        countries = frozenset(policy.sms_countries)
        found |= {user.pk: _known(standing[user.pk], reached[user.pk], rows[user.pk], countries) for user in batch}
    return found


def judge_many(users: Iterable[User], *, policy: SsprPolicy, tenant: Tenant, now: datetime) -> dict[UUID, Verdict]:
    """Ask the rule for many people of one tenant; three queries for each two thousand of them."""
    available = available_gates(policy)
    return {
        user_id: judge(known.facts, policy=policy, tenant=tenant, available=available)
        for user_id, known in load_known(users, policy=policy).items()
    }


Row = tuple[str, str]


def _rows_of(digests: Mapping[UUID, str], *, group_id: UUID | None) -> dict[UUID, list[Row]]:
    asked = FACTS.format(people=places(len(digests)))
    people = [*digests]
    values: list[Any] = [*people * PARTS_ABOUT_PEOPLE, group_id or NOBODY, *digests.values(), L11_FAILURES]
    whose = {digest: user_id for user_id, digest in digests.items()}
    found: dict[UUID, list[Row]] = defaultdict(list)
    for user_id, what, kind, subject in fetch(asked, values, uuid_columns=(0,)):
        found[user_id or whose[subject]].append((what, kind))
    return found


def _known(target: TargetFacts, reach: Reach, rows: Collection[Row], countries: frozenset[str]) -> Known:
    user = target.user
    reached = _places(user, reach, countries)
    what_is_known = {what for what, _ in rows}
    questions = tuple(sorted(kind for what, kind in rows if what == "answer"))
    facts = PersonFacts(
        is_enabled=user.account_enabled,
        is_deleted=user.deleted_at is not None,
        is_guest=user.user_type == UserType.GUEST,
        is_federated=target.is_federated,
        is_synced=user.on_premises_sync_enabled,
        is_licensed="licence" in what_is_known,
        in_group="group" in what_is_known,
        held=target.held,
        ways=ways_of(reached, has_app=reach.has_app),
        answers=len(questions),
        recovery_codes=reach.recovery_codes,
        disabled=frozenset(Gate(kind) for what, kind in rows if what == "disabled"),
    )
    return Known(
        user=user,
        facts=facts,
        target=target,
        places=reached,
        questions=questions,
        preferred=GATES_OF.get(reach.default, ()),
        has_own_mailbox=any(is_own_mailbox(address, user) for address in reach.all_emails),
    )


def ways_of(reached: Mapping[Gate, str], *, has_app: bool) -> tuple[Way, ...]:
    """Return the ways of a person by where each of their codes goes."""
    ways = tuple(Way(gate=gate, key=place_key(value)) for gate, value in reached.items())
    return (*ways, Way(gate=Gate.APP, key=Gate.APP)) if has_app else ways


def _places(user: User, reach: Reach, countries: frozenset[str]) -> dict[Gate, str]:
    """Return where the code of each method goes; an address that needs the forgotten password is none.

    Nor is a number that nothing is sent to: its country is left out, or somebody earns by it.
    """
    addresses = (address for address in reach.all_emails if not is_own_mailbox(address, user))
    mobile, office = (
        number.value if number and is_in_reach(number.value, countries) else ""
        for number in (reach.mobile, reach.office)
    )
    found = {
        Gate.EMAIL: next(addresses, ""),
        Gate.MOBILE_SMS: mobile,
        Gate.MOBILE_VOICE: mobile,
        Gate.OFFICE_VOICE: office,
    }
    return {gate: value for gate, value in found.items() if value}


def place_key(value: str) -> str:
    """Return what two spellings of one address or number have in common."""
    if "@" in value:
        return _mailbox(value)
    number, _, extension = value.casefold().partition("x")
    digits = "".join(sign for sign in number if sign.isdecimal())
    return f"{digits[-TELLING_DIGITS:]}x{extension.strip()}"


def is_own_mailbox(address: str, user: User) -> bool:
    """Tell whether an address is the mailbox of the account itself, however it is written."""
    own = {_mailbox(name) for name in (user.mail, user.user_principal_name) if name}
    return _mailbox(address) in own


def _mailbox(address: str) -> str:
    """Return the mailbox of an address: what stands behind a plus sign arrives in the same one."""
    local, at, domain = fold_upn(address).rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
