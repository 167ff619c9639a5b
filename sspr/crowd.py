"""Everybody of a tenant sorted into few classes of equal facts, so that one question answers for thousands.

People with any standing, those of whom a method is disabled, and those whose number lies in a country that nothing is
sent to are few: they are loaded and asked for one by one.
All others are counted by their facts in one query, and the rule itself is asked once for each class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from adminportal.queries import fetch, places
from sspr.crowd_sql import FACT_NAMES, IN_OTHER_GROUP, people_sql, people_values, with_facts
from sspr.eligibility import PersonFacts, Way
from sspr.facts import L11_FAILURES, NOBODY, Known, is_in_reach, load_known
from sspr.models import Gate, GateFailures, SsprPolicy
from users.models import Domain, Tenant, User
from users.standing import standing_ids

Row = tuple[Any, ...]
NUMBERS: Final = """
    SELECT user_id, value FROM users_authenticationmethod
    WHERE tenant_id = %s AND value <> '' AND kind IN ('mobile_phone', 'alternate_phone', 'office_phone')
    UNION ALL SELECT user_id, value FROM users_contact
    WHERE tenant_id = %s AND value <> '' AND kind IN ('mobile_phone', 'office_phone')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """What decides about somebody, under settings and beside them.

    ``in_other_group`` tells of the group of the other settings; ``has_own_mailbox`` that an address of theirs is the
    mailbox which they are locked out of; ``other_ways`` are those of the other settings, where they differ.
    """

    facts: PersonFacts
    in_other_group: bool = False
    has_own_mailbox: bool = False
    other_ways: tuple[Way, ...] | None = None

    def under_other(self) -> PersonFacts:
        """Return the facts as the other settings see them."""
        ways = self.facts.ways if self.other_ways is None else self.other_ways
        return replace(self.facts, in_group=self.in_other_group, ways=ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """People for whom the same holds; ``row`` finds them again."""

    stance: Stance
    row: Row
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Everybody who is not deleted: classes of plain people, and the others by name."""

    tenant: Tenant
    classes: tuple[Class, ...]
    special: tuple[tuple[User, Stance], ...]
    special_ids: tuple[UUID, ...]
    federated: tuple[str, ...]
    groups: tuple[UUID, UUID]

    def stances(self) -> Iterator[tuple[Stance, int]]:
        """Return each stance there is with the number of people who share it."""
        for each in self.classes:
            yield each.stance, each.count
        for _user, stance in self.special:
            yield stance, 1

    def count(self, holds: Callable[[Stance], bool]) -> int:
        """Return how many people something holds for; no query."""
        return sum(number for stance, number in self.stances() if holds(stance))

    def chosen(self, holds: Callable[[Stance], bool]) -> Chosen:
        """Return the people for whom something holds, to be read in pages."""
        rows = tuple(each.row for each in self.classes if holds(each.stance))
        ids = tuple(user.pk for user, stance in self.special if holds(stance))
        return Chosen(crowd=self, rows=rows, ids=ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Some people of a crowd: whole classes, and others by their ids."""

    crowd: Crowd
    rows: tuple[Row, ...]
    ids: tuple[UUID, ...]

    def select(self, columns: str, *, tail: str = "", values: Iterable[object] = ()) -> tuple[str, list[object]]:
        """Return a query over these people with its values; ``tail`` follows their condition, and needs ``values``."""
        inner = people_sql(federated=self.crowd.federated)
        plain = f"({with_facts(self.rows)}{_not_among(self.crowd.special_ids)})" if self.rows else "FALSE"
        special = f"id IN ({places(len(self.ids))})" if self.ids else "FALSE"
        found = people_values(self.crowd.tenant.pk, federated=self.crowd.federated, groups=self.crowd.groups)
        facts = [value for row in self.rows for value in row]
        among = self.crowd.special_ids if self.rows else ()
        asked = f"SELECT {columns} FROM ({inner}) p WHERE ({plain} OR {special}) {tail}"  # noqa: S608
        return asked, [*found, *facts, *among, *self.ids, *values]

    def read(self, *, after: User | None = None, rows: int) -> list[User]:
        """Return the next of these people by name; two queries."""
        tail, values = "", list[object]()
        if after:
            tail, values = "AND (sort_name, id) > (%s, %s)", [after.sort_name, after.pk]
        asked, given = self.select("id", tail=f"{tail} ORDER BY sort_name, id LIMIT %s", values=[*values, rows])
        ids = [row[0] for row in fetch(asked, given, uuid_columns=(0,))]
        people = User.objects.in_bulk(ids)
        return [people[pk] for pk in ids if pk in people]


def load_crowd(tenant: Tenant, *, policy: SsprPolicy, other: SsprPolicy | None = None) -> Crowd:
    """Sort everybody of the tenant, by the group of these settings and of others; some seven queries, inside the scope.

    Costs a read of the people and of what they registered, however many settings are then asked about it.
    """
    groups = (policy.group_id or NOBODY, (other.group_id if other else None) or NOBODY)
    federated = tuple(Domain.objects.filter(is_federated=True).order_by("name").values_list("name", flat=True))
    special_ids = _special_ids(tenant, [each.sms_countries for each in (policy, other) if each])
    special = list(User.objects.filter(pk__in=special_ids, deleted_at=None).order_by("sort_name", "pk"))
    return Crowd(
        tenant=tenant,
        classes=tuple(_classes(tenant, federated, groups, special_ids)),
        special=_stances_of(special, policy, other, groups),
        special_ids=special_ids,
        federated=federated,
        groups=groups,
    )


def stance_of(
    known: Known,
    *,
    own_mailboxes: set[UUID],
    others: set[UUID] = frozenset(),  # type: ignore[assignment]  # an empty set of any kind
    under_other: Known | None = None,
) -> Stance:
    """Return the stance of one person who was loaded, and as other settings see them where these were asked for."""
    pk = known.user.pk
    return Stance(
        facts=known.facts,
        in_other_group=pk in others,
        has_own_mailbox=pk in own_mailboxes,
        other_ways=under_other.facts.ways if under_other else None,
    )


def own_mailboxes_of(users: Sequence[User]) -> set[UUID]:
    """Return which of these people have an address that is their own mailbox; one query."""
    if not users:
        return set()
    asked = people_sql(federated=())
    values = people_values(users[0].tenant_id, federated=(), groups=(NOBODY, NOBODY))
    narrowed = f"SELECT id FROM ({asked} AND u.id IN ({places(len(users))})) p WHERE has_own_mailbox"  # noqa: S608
    found = fetch(narrowed, [*values, *(user.pk for user in users)], uuid_columns=(0,))
    return {row[0] for row in found}


def _special_ids(tenant: Tenant, lists: Sequence[Sequence[str]]) -> tuple[UUID, ...]:
    disabled = GateFailures.objects.filter(in_a_row__gte=L11_FAILURES, user_id__isnull=False)
    standing = set(standing_ids().values_list("user", flat=True))
    stopped = User.objects.filter(pk__in=list(disabled.values_list("user_id", flat=True))).values_list("pk", flat=True)
    return tuple(sorted(standing | set(stopped) | _abroad(tenant, lists)))


def _abroad(tenant: Tenant, lists: Sequence[Sequence[str]]) -> set[UUID]:
    """Return whoever has a number of a country that one of these lists leaves out; one query where any is named."""
    named = {frozenset(countries) for countries in lists if countries}
    if not named:
        return set()
    rows = fetch(NUMBERS, [tenant.pk, tenant.pk], uuid_columns=(0,))
    return {pk for pk, number in rows if not all(is_in_reach(number, countries) for countries in named)}


def _stances_of(
    users: Sequence[User], policy: SsprPolicy, other: SsprPolicy | None, groups: tuple[UUID, UUID]
) -> tuple[tuple[User, Stance], ...]:
    if not users:
        return ()
    known, own = load_known(users, policy=policy), own_mailboxes_of(users)
    has_other_list = other is not None and set(other.sms_countries) != set(policy.sms_countries)
    later = load_known(users, policy=other) if other and has_other_list else {}
    is_member = Q(memberships__group=groups[1], pk__in=[user.pk for user in users])
    others = set(User.objects.filter(is_member).values_list("pk", flat=True))
    return tuple(
        (user, stance_of(known[user.pk], own_mailboxes=own, others=others, under_other=later.get(user.pk)))
        for user in users
    )


def _classes(
    tenant: Tenant, federated: tuple[str, ...], groups: tuple[UUID, UUID], special_ids: tuple[UUID, ...]
) -> Iterator[Class]:
    names = ", ".join(FACT_NAMES)
    inner = people_sql(federated=federated)
    asked = f"SELECT {names}, COUNT(*) FROM ({inner}) p WHERE TRUE{_not_among(special_ids)} GROUP BY {names}"  # noqa: S608
    values = people_values(tenant.pk, federated=federated, groups=groups)
    for *row, number in fetch(asked, [*values, *special_ids], uuid_columns=()):
        yield Class(stance=_stance(row), row=tuple(row), count=number)


def _not_among(ids: Sequence[UUID]) -> str:
    return f" AND id NOT IN ({places(len(ids))})" if ids else ""


def _stance(row: Sequence[Any]) -> Stance:
    known = dict(zip(FACT_NAMES, row, strict=True))
    facts = PersonFacts(
        is_enabled=bool(known["is_enabled"]),
        is_guest=bool(known["is_guest"]),
        is_federated=bool(known["is_federated"]),
        is_synced=bool(known["is_synced"]),
        is_licensed=bool(known["is_licensed"]),
        in_group=bool(known["in_group"]),
        ways=tuple(_ways(known)),
        answers=int(known["answers"]),
        recovery_codes=int(known["has_recovery_code"]),
    )
    return Stance(facts=facts, in_other_group=bool(row[IN_OTHER_GROUP]), has_own_mailbox=bool(known["has_own_mailbox"]))


def _ways(known: dict[str, Any]) -> Iterator[Way]:
    """Give each place a name of its own: only which of them are the same place decides."""
    if known["has_email"]:
        yield Way(gate=Gate.EMAIL, key="email")
    if known["has_mobile"]:
        yield from (Way(gate=gate, key="mobile") for gate in (Gate.MOBILE_SMS, Gate.MOBILE_VOICE))
    if known["has_office"]:
        yield Way(gate=Gate.OFFICE_VOICE, key="mobile" if known["is_office_mobile"] else "office")
    if known["has_app"]:
        yield Way(gate=Gate.APP, key=Gate.APP)


PAGE_ROWS: Final = 50
"""People on one page of a list of self-service."""
