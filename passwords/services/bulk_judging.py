"""Everybody of a bulk job, judged as the act will: plain people by classes, those with any standing one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from passwords.bulk_classes import (
    PlainClass,
    Sorting,
    decide,
    of_classes,
    plain_classes,
    sorting_for,
    split_by_standing,
    with_facts,
)
from passwords.bulk_options import BulkOptions, shows_results
from passwords.bulk_starters import Starter, judge_of
from passwords.models import BulkAct, BulkJob
from passwords.services.bulk_selection import people_of
from passwords.services.reset_messages import alternates_of, usable_alternate
from users.access import Decision
from users.act_rules import RULES, Act
from users.models import User
from users.services.people import global_admins
from users.targets import load_facts

Verdict = tuple[Decision, bool]
"""What the act would answer for one person, and whether a link could go to the alternate address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Everybody of a job with the verdicts; ``role_holders`` counts those with any standing who would be reached."""

    sorting: Sorting
    plain: list[PlainClass]
    plain_people: QuerySet[User]
    standing: Mapping[UUID, Verdict]
    role_holders: int

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.standing) + sum(each.count for each in self.plain)

    @property
    def linked_count(self) -> int:
        """Return how many of those who would be reached could get a link at their alternate address."""
        links = sum(each.count for each in self.plain if each.decision.allowed and each.has_alternate)
        return links + len(self.linked_standing)

    @property
    def linked_standing(self) -> list[UUID]:
        """Return those with any standing who would be reached and could get a link."""
        return [pk for pk, (decision, link) in self.standing.items() if decision.allowed and link]

    def codes(self) -> Counter[str]:
        """Count everybody by the code of the refusal; those who are reached have none."""
        counts = Counter("" if decision.allowed else decision.code for decision, _link in self.standing.values())
        for each in self.plain:
            counts["" if each.decision.allowed else each.decision.code] += each.count
        return counts

    def plain_of(self, classes: list[PlainClass]) -> QuerySet[User]:
        """Return the plain people of these classes as a query."""
        return with_facts(self.plain_people, self.sorting).filter(of_classes(self.sorting, classes))


def judge_everybody(job: BulkJob, actor: Starter, options: BulkOptions) -> Judged:
    """Judge everybody of a job as the act will; a fixed number of queries, and nothing is changed."""
    judged = _judge(job, actor, options, shows=False)
    if shows_results(job.tenant, options, requested=judged.count):
        # How many there are decides whether the mail carries the passwords, and that whose mailbox it may not go to.
        return _judge(job, actor, options, shows=True)
    return judged


def _judge(job: BulkJob, actor: Starter, options: BulkOptions, *, shows: bool) -> Judged:
    judge, is_reset = judge_of(job.act, actor), job.act == BulkAct.RESET
    sorting = sorting_for(actor, judge, options, is_reset=is_reset, shows_results=shows)
    standing, plain = split_by_standing(people_of(job))
    facts = load_facts(standing)
    alternates = alternates_of(facts) if is_reset and facts else {}
    links = {pk: bool(usable_alternate(target.user, alternates)) for pk, target in facts.items()}
    verdicts = {pk: (decide(sorting, facts[pk], can_have_link=links[pk]), links[pk]) for pk in facts}
    verdicts |= _last_admin(job, verdicts)
    return Judged(
        sorting=sorting,
        plain=plain_classes(plain, sorting),
        plain_people=plain,
        standing=verdicts,
        role_holders=sum(decision.allowed and facts[pk].holds_role for pk, (decision, _link) in verdicts.items()),
    )


def _last_admin(job: BulkJob, verdicts: Mapping[UUID, Verdict]) -> dict[UUID, Verdict]:
    """Leave out the Global Administrator who is left at the end: of one chunk the last by the id, as the act does."""
    if job.act == BulkAct.RESET or not RULES[Act(job.act)].keeps_last_admin:
        return {}
    reached = {pk for pk, (decision, _link) in verdicts.items() if decision.allowed}
    if not reached:
        return {}
    enabled = set(global_admins().values_list("pk", flat=True))
    if not enabled or not enabled <= reached:
        return {}
    last = max(enabled)
    return {last: (Decision(allowed=False, code="LAST_GLOBAL_ADMIN"), verdicts[last][1])}
