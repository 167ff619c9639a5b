"""Everybody of a bulk job sorted into few classes, so that one question answers for thousands.

People with any standing (a role, a role-assignable group) are few: each is asked for alone. All others differ only in
facts that one query counts: for each class of equal facts the very rule of the act is asked once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Lower

from passwords.bulk_options import BulkOptions
from passwords.bulk_starters import Judge, Operator, Starter
from users.access import Decision
from users.models import ContactKind, Domain, UnitMember, User
from users.names import fold_upn
from users.standing import standing_ids
from users.targets import TargetFacts

Facts = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """By what people are sorted: the starter's units, federated domains, and addresses that get the passwords."""

    starter: Starter
    judge: Judge
    units: tuple[UUID, ...]
    federated: tuple[str, ...]
    asks_alternate: bool
    needs_alternate: bool
    results_to: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the facts of a class in their order."""
        units = tuple(f"in_unit_{number}" for number in range(len(self.units)))
        return (
            "user_type",
            "on_premises_sync_enabled",
            "was_deleted",
            "was_issued",
            "in_federated_domain",
            "is_own_mailbox",
            "can_have_link",
            *units,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainClass:
    """People without any standing for whom the same facts hold."""

    facts: Facts
    count: int
    checksum: int
    decision: Decision
    has_alternate: bool


def sorting_for(
    starter: Starter, judge: Judge, options: BulkOptions, *, is_reset: bool, shows_results: bool
) -> Sorting:
    """Return by what the people of a job are sorted; one query."""
    units = () if isinstance(starter, Operator) else tuple(sorted(starter.unit_roles))
    return Sorting(
        starter=starter,
        judge=judge,
        units=units,
        federated=tuple(Domain.objects.filter(is_federated=True).order_by("name").values_list("name", flat=True)),
        asks_alternate=is_reset,
        needs_alternate=is_reset and options.blind,
        results_to=tuple(sorted(map(fold_upn, options.deliver_to))) if is_reset and shows_results else (),
    )


def split_by_standing(people: QuerySet[User]) -> tuple[QuerySet[User], QuerySet[User]]:
    """Part people into those with any standing and the plain others."""
    standing = list(standing_ids().values_list("user", flat=True))
    return people.filter(pk__in=standing), people.exclude(pk__in=standing)


def with_facts(people: QuerySet[User], sorting: Sorting) -> QuerySet[User]:
    """Add to each person the facts by which plain people are sorted."""
    units = {
        f"in_unit_{number}": Exists(UnitMember.objects.filter(unit=unit, user=OuterRef("pk")))
        for number, unit in enumerate(sorting.units)
    }
    if sorting.asks_alternate:
        people = people.annotate(alternate=FilteredRelation("contacts", condition=Q(contacts__kind=_ALTERNATE)))
    return people.annotate(
        was_deleted=_flag(Q(deleted_at__isnull=False)),
        was_issued=_flag(Q(password_issued_at__isnull=False)),
        in_federated_domain=_any_of([Q(upn_folded__endswith=f"@{name}") for name in sorting.federated]),
        is_own_mailbox=_any_of([Q(upn_folded=each) | Q(mail__iexact=each) for each in sorting.results_to]),
        can_have_link=_has_usable_alternate() if sorting.asks_alternate else Value(True),
        **units,
    )


def plain_classes(plain: QuerySet[User], sorting: Sorting) -> list[PlainClass]:
    """Count plain people by their facts, and judge each class once; one query."""
    rows = with_facts(plain, sorting).values(*sorting.names).annotate(number=Count("pk"), checksum=_checksum())
    found = []
    for row in rows.order_by():
        facts = tuple(row[name] for name in sorting.names)
        found.append(
            PlainClass(
                facts=facts,
                count=row["number"],
                checksum=int(row["checksum"] or 0),
                decision=decide(sorting, facts_as_target(sorting, row), can_have_link=row["can_have_link"], own=row),
                has_alternate=row["can_have_link"],
            )
        )
    return found


def checksums(plain: QuerySet[User], classes: Sequence[PlainClass], sorting: Sorting) -> Counter[tuple[str, bool]]:
    """Sum plain people up by what would happen to them: two who change places change both sums."""
    fate = {each.facts: (each.decision.code, each.has_alternate) for each in classes}
    sums: Counter[tuple[str, bool]] = Counter()
    if connection.vendor == "postgresql":
        for each in classes:
            sums[fate[each.facts]] += each.checksum
        return sums
    for pk, *facts in with_facts(plain, sorting).values_list("pk", *sorting.names):
        sums[fate[tuple(facts)]] += hash(pk)
    return sums


def decide(
    sorting: Sorting, target: TargetFacts, *, can_have_link: bool, own: Mapping[str, Any] | None = None
) -> Decision:
    """Ask the rule of the act, then whether the password has somewhere to go."""
    decision = sorting.judge(target)
    if not decision.allowed:
        return decision
    user = target.user
    is_own = own["is_own_mailbox"] if own else bool({user.upn_folded, fold_upn(user.mail)} & set(sorting.results_to))
    if sorting.needs_alternate and not can_have_link:
        return Decision(allowed=False, code="RESET_NO_DELIVERY", values={"user": user.display_name})
    if is_own:
        values = {"user": user.display_name, "address": user.mail or user.upn_folded}
        return Decision(allowed=False, code="RESET_CIRCULAR_RECIPIENT", values=values)
    return decision


def facts_as_target(sorting: Sorting, row: Mapping[str, Any]) -> TargetFacts:
    """Return somebody for whom exactly the facts of a class hold, so that the rule itself can be asked."""
    tenant = sorting.starter.tenant
    user = User(
        pk=uuid4(),
        tenant=tenant,
        user_type=row["user_type"],
        on_premises_sync_enabled=row["on_premises_sync_enabled"],
        created_at=tenant.created_at,
        deleted_at=tenant.created_at if row["was_deleted"] else None,
        password_issued_at=tenant.created_at if row["was_issued"] else None,
    )
    return TargetFacts(
        user=user,
        held=frozenset(),
        is_federated=row["in_federated_domain"],
        unit_ids=frozenset(unit for number, unit in enumerate(sorting.units) if row[f"in_unit_{number}"]),
    )


def of_classes(sorting: Sorting, classes: Sequence[PlainClass]) -> Q:
    """Return the condition of everybody in these classes, on people with their facts."""
    condition = Q(pk__in=[])
    for each in classes:
        condition |= Q(**dict(zip(sorting.names, each.facts, strict=True)))
    return condition


_ALTERNATE = ContactKind.ALTERNATE_EMAIL


def _flag(condition: Q) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _any_of(conditions: list[Q]) -> Value | Case:
    if not conditions:
        return Value(False)
    return Case(*(When(condition, then=Value(True)) for condition in conditions), default=Value(False))


def _has_usable_alternate() -> Case:
    """Say whether a link could go to the alternate address: there is one, and it is not the person's own mailbox."""
    return Case(
        When(alternate__value__isnull=True, then=Value(False)),
        When(Q(upn_folded=Lower("alternate__value")), then=Value(False)),
        When(Q(mail__iexact=F("alternate__value")), then=Value(False)),
        default=Value(True),
    )


def _checksum() -> Any:
    """Return a sum over the ids that changes with whoever comes or goes; 0 where the database has no such hash."""
    if connection.vendor != "postgresql":
        return Value(0)
    hashed = Func(F("pk"), Value(0), function="uuid_hash_extended", output_field=BigIntegerField())
    return Sum(hashed, output_field=DecimalField(max_digits=40, decimal_places=0))
