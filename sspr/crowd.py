"""Everybody of a tenant sorted into few classes of equal facts, so that one question answers for thousands.

People with any standing and those of whom a method is disabled are few: they are loaded and asked for one by one.
All others are counted by their facts in one query, and the rule itself is asked once for each class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from adminportal.queries import fetch, load, one_of
from sspr.crowd_sql import FACT_NAMES, IN_OTHER_GROUP, Sorting, join_sql, people_sql, with_facts
from sspr.eligibility import PersonFacts, Way
from sspr.facts import L11_FAILURES, Known, load_known
from sspr.models import Gate, GateFailures, SsprPolicy
from sspr.number_blocks import blocks_out_of_reach
from users.models import Domain, Tenant, User
from users.standing import standing_ids

Row = tuple[Any, ...]
SPECIAL: Final = """
    SELECT {{columns}} FROM users_user u
    WHERE u.tenant_id = %s AND u.deleted_at IS NULL AND u.id {people} ORDER BY u.sort_name, u.id
"""
MEMBERS: Final = "SELECT user_id FROM users_groupmember WHERE group_id = %s AND user_id {people}"


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
    sorting: Sorting

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
        people, found = people_sql(self.crowd.sorting)
        chosen, ids = join_sql("chosen", self.ids, kind="uuid", on="p.id")
        plain = f"({with_facts(self.rows)} AND NOT is_special)" if self.rows else "FALSE"
        asked = (
            f"SELECT {columns} FROM ({people}) p {chosen} "  # noqa: S608
            f"WHERE ({plain} OR chosen.column1 IS NOT NULL) {tail}"
        )
        return asked, [*found, *ids, *values]

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
    """Sort everybody of the tenant, by what these settings and others ask of them; some eight queries, in the scope.

    Costs a read of the people and of what they registered, however many settings are then asked about it.
    """
    sorting = _sorting_of(tenant, policy, other)
    of_special, values = one_of(sorting.special_ids)
    special = load(SPECIAL.format(people=of_special), [tenant.pk, *values], models={"u": User})
    return Crowd(
        tenant=tenant,
        classes=tuple(_classes(sorting)),
        special=_stances_of([user for (user,) in special], policy, other),
        sorting=sorting,
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
    asked, values = people_sql(Sorting(tenant_id=users[0].tenant_id))
    of_people, ids = one_of([user.pk for user in users])
    narrowed = f"SELECT id FROM ({asked} AND u.id {of_people}) p WHERE has_own_mailbox"  # noqa: S608
    return {row[0] for row in fetch(narrowed, [*values, *ids], uuid_columns=(0,))}


def _sorting_of(tenant: Tenant, policy: SsprPolicy, other: SsprPolicy | None) -> Sorting:
    now, later = blocks_out_of_reach(tenant.pk, policy.sms_countries, (other or policy).sms_countries)
    return Sorting(
        tenant_id=tenant.pk,
        federated=tuple(Domain.objects.filter(is_federated=True).order_by("name").values_list("name", flat=True)),
        groups=(policy.group_id, other.group_id if other else None),
        out_of_reach=now,
        other_out_of_reach=None if later == now else later,
        special_ids=_special_ids(),
    )


def _special_ids() -> tuple[UUID, ...]:
    disabled = GateFailures.objects.filter(in_a_row__gte=L11_FAILURES, user_id__isnull=False)
    standing = set(standing_ids().values_list("user", flat=True))
    stopped = User.objects.filter(pk__in=disabled.values("user_id")).values_list("pk", flat=True)
    return tuple(sorted(standing | set(stopped)))


def _stances_of(users: Sequence[User], policy: SsprPolicy, other: SsprPolicy | None) -> tuple[tuple[User, Stance], ...]:
    if not users:
        return ()
    known, own = load_known(users, policy=policy), own_mailboxes_of(users)
    has_other_list = other is not None and set(other.sms_countries) != set(policy.sms_countries)
    later = load_known(users, policy=other) if other and has_other_list else {}
    others = _members_among(users, other.group_id) if other and other.group_id else set()
    return tuple(
        (user, stance_of(known[user.pk], own_mailboxes=own, others=others, under_other=later.get(user.pk)))
        for user in users
    )


def _members_among(users: Sequence[User], group_id: UUID) -> set[UUID]:
    of_people, ids = one_of([user.pk for user in users])
    return {row[0] for row in fetch(MEMBERS.format(people=of_people), [group_id, *ids], uuid_columns=(0,))}


def _classes(sorting: Sorting) -> Iterator[Class]:
    names = ", ".join(FACT_NAMES)
    people, values = people_sql(sorting)
    asked = f"SELECT {names}, COUNT(*) FROM ({people}) p WHERE NOT is_special GROUP BY {names}"  # noqa: S608
    has_other_list = sorting.other_out_of_reach is not None
    for *row, number in fetch(asked, values, uuid_columns=()):
        yield Class(stance=_stance(row, has_other_list=has_other_list), row=tuple(row), count=number)


def _stance(row: Sequence[Any], *, has_other_list: bool) -> Stance:
    known = dict(zip(FACT_NAMES, row, strict=True))
    facts = PersonFacts(
        is_enabled=bool(known["is_enabled"]),
        is_guest=bool(known["is_guest"]),
        is_federated=bool(known["is_federated"]),
        is_synced=bool(known["is_synced"]),
        is_licensed=bool(known["is_licensed"]),
        in_group=bool(known["in_group"]),
        ways=_ways(known, mobile="has_mobile", office="has_office"),
        answers=int(known["answers"]),
        recovery_codes=int(known["has_recovery_code"]),
    )
    other_ways = _ways(known, mobile="has_other_mobile", office="has_other_office") if has_other_list else None
    return Stance(
        facts=facts,
        in_other_group=bool(row[IN_OTHER_GROUP]),
        has_own_mailbox=bool(known["has_own_mailbox"]),
        other_ways=other_ways,
    )


def _ways(known: dict[str, Any], *, mobile: str, office: str) -> tuple[Way, ...]:
    """Give each place a name of its own: only which of them are the same place decides."""
    found = {
        Gate.EMAIL: "email" if known["has_email"] else "",
        Gate.MOBILE_SMS: "mobile" if known[mobile] else "",
        Gate.MOBILE_VOICE: "mobile" if known[mobile] else "",
        Gate.OFFICE_VOICE: ("mobile" if known["is_office_mobile"] else "office") if known[office] else "",
        Gate.APP: Gate.APP.value if known["has_app"] else "",
    }
    return tuple(Way(gate=gate, key=key) for gate, key in found.items() if key)


PAGE_ROWS: Final = 50
"""People on one page of a list of self-service."""
