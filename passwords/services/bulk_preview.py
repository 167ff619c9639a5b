"""What a bulk job would do, before anything happens: who is reached, who is left out and why, who is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.audit.tags import Activity
from passwords.bulk_classes import (
    PlainClass,
    Sorting,
    checksums,
    decide,
    of_classes,
    plain_classes,
    sorting_for,
    split_by_standing,
    with_facts,
)
from passwords.bulk_options import BulkOptions, shows_results
from passwords.bulk_sentences import plural_of
from passwords.bulk_starters import Starter, judge_of
from passwords.models import BulkAct, BulkJob
from passwords.services.bulk_records import record_job
from passwords.services.bulk_selection import includes_starter, people_of
from passwords.services.reset_messages import alternates_of, usable_alternate
from users.access import Decision
from users.models import Contact, ContactKind, User
from users.refusals import sentence
from users.search import matching, words_of
from users.targets import load_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why some people are left out, and how many."""

    code: str
    count: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who will be told how: ``code`` is one of ``TOLD``."""

    code: str
    count: int
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen; ``unknown`` and ``duplicates`` are the first lines and names of a list, beside their numbers.

    ``role_holders`` counts those with a role who would be reached, for which fresh proof is asked.
    """

    requested: int
    reachable: int
    left_out: tuple[Reason, ...]
    told: tuple[Told, ...]
    unknown: list[tuple[int, str]] = field(default_factory=list)
    unknown_count: int = 0
    duplicates: list[tuple[int, str]] = field(default_factory=list)
    duplicates_count: int = 0
    includes_self: bool
    role_holders: int
    fingerprint: str

    @property
    def holds_role(self) -> bool:
        """Tell whether somebody with a role would be reached."""
        return self.role_holders > 0

    @property
    def left_out_count(self) -> int:
        """Return how many are left out."""
        return self.requested - self.reachable


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One person who is left out, with the reason; ``place`` is where the next page goes on."""

    user: User
    code: str
    sentence: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Everybody of a job, judged: plain people by classes, those with any standing one by one."""

    sorting: Sorting
    plain: list[PlainClass]
    plain_people: QuerySet[User]
    standing: dict[UUID, tuple[Decision, bool]]
    role_holders: int


def preview(job: BulkJob, *, actor: Starter, options: BulkOptions, now: datetime) -> Preview:
    """Judge everybody of a job as the act will; a fixed number of queries, and nothing is changed but the draft."""
    judged = _judge(job, actor, options, shows_results=False)
    if shows_results(job.tenant, options, requested=_count(judged)):
        judged = _judge(job, actor, options, shows_results=True)
    counts = _codes(judged)
    requested, reachable = sum(counts.values()), counts.pop("", 0)
    reasons = [Reason(code=code, count=number, sentence=plural_of(code)) for code, number in counts.most_common()]
    found = Preview(
        requested=requested,
        reachable=reachable,
        left_out=tuple(reasons),
        told=_told(job, judged, options, reachable=reachable, now=now),
        unknown=[(line, name) for line, name in job.source.get("unknown", [])],
        unknown_count=job.source.get("unknown_count", 0),
        duplicates=[(line, name) for line, name in job.source.get("duplicates", [])],
        duplicates_count=job.source.get("duplicates_count", 0),
        includes_self=includes_starter(job),
        role_holders=judged.role_holders,
        fingerprint=_fingerprint(job, judged, counts, reachable=reachable),
    )
    if job.started_at is None:
        _note(job, found, actor, now=now)
    return found


def list_left_out(
    job: BulkJob, *, actor: Starter, options: BulkOptions, after: str = "", search: str = "", rows: int = 50
) -> list[LeftOut]:
    """List a page of those who are left out, by name, each with the sentence; ``after`` is the place of the last one.

    :raises ValueError: when ``after`` is no place.
    """
    judged = _judge(job, actor, options, shows_results=False)
    if shows_results(job.tenant, options, requested=_count(judged)):
        judged = _judge(job, actor, options, shows_results=True)
    refused = [pk for pk, (decision, _alternate) in judged.standing.items() if not decision.allowed]
    classes = [each for each in judged.plain if not each.decision.allowed]
    _standing, plain = split_by_standing(with_facts(people_of(job), judged.sorting))
    hit = Q(pk__in=refused) | (Q(pk__in=plain.filter(of_classes(judged.sorting, classes)).values("pk")))
    people = User.objects.filter(hit, matching(words_of(search), in_contacts=False))
    if after:
        name, _, pk = after.rpartition("|")
        people = people.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=UUID(pk)))
    return _with_reasons(judged.sorting, list(people.order_by("sort_name", "pk")[:rows]))


def _note(job: BulkJob, found: Preview, actor: Starter, *, now: datetime) -> None:
    """Keep what was previewed with the draft; the audit log hears of the first look alone, not of each option."""
    with transaction.atomic():
        draft = BulkJob.objects.filter(pk=job.pk, started_at=None)
        is_first = draft.filter(previewed_at=None).update(previewed_at=now)
        draft.update(previewed_at=now, requested=found.requested, fingerprint=found.fingerprint)
        if is_first:
            details = {"Source": job.source_kind, "Requested": str(found.requested), "Reached": str(found.reachable)}
            record_job(job, Activity.PREVIEWED_BULK_RESET, by=actor.for_audit(), details=details, now=now)


def _with_reasons(sorting: Sorting, people: Sequence[User]) -> list[LeftOut]:
    facts = load_facts(people)
    alternates = alternates_of(facts) if sorting.asks_alternate else {}
    decisions = {
        pk: decide(sorting, target, can_have_link=bool(usable_alternate(target.user, alternates)))
        for pk, target in facts.items()
    }
    return [
        LeftOut(
            user=user,
            code=decisions[user.pk].code,
            sentence=sentence(decisions[user.pk]),
            place=f"{user.sort_name}|{user.pk}",
        )
        for user in people
    ]


def _judge(job: BulkJob, actor: Starter, options: BulkOptions, *, shows_results: bool) -> _Judged:
    judge = judge_of(job.act, actor)
    is_reset = job.act == BulkAct.RESET
    sorting = sorting_for(actor, judge, options, is_reset=is_reset, shows_results=shows_results)
    standing, plain = split_by_standing(people_of(job))
    facts = load_facts(standing)
    alternates = alternates_of(facts) if is_reset and facts else {}
    links = {pk: bool(usable_alternate(target.user, alternates)) for pk, target in facts.items()}
    judged = {pk: (decide(sorting, facts[pk], can_have_link=links[pk]), links[pk]) for pk in facts}
    return _Judged(
        sorting=sorting,
        plain=plain_classes(plain, sorting),
        plain_people=plain,
        standing=judged,
        role_holders=sum(decision.allowed and facts[pk].holds_role for pk, (decision, _link) in judged.items()),
    )


def _count(judged: _Judged) -> int:
    return len(judged.standing) + sum(each.count for each in judged.plain)


def _codes(judged: _Judged) -> Counter[str]:
    """Count everybody by the code of the refusal; those who are reached have none."""
    counts = Counter("" if decision.allowed else decision.code for decision, _link in judged.standing.values())
    for each in judged.plain:
        counts["" if each.decision.allowed else each.decision.code] += each.count
    return counts


TOLD: dict[str, Promise] = {
    "alternate": _("get a one-time link at their alternate address"),
    "fresh_alternate": _("have an alternate address that was changed only recently"),
    "notice": _("are told at their mailbox that their password was reset"),
    "notice_alternate": _("of them are told at their alternate address, too"),
    "password_by_mail": _("get the password itself at their alternate address"),
    "without_alternate": _("have no alternate address, so nothing is sent there"),
}
"""What happens to how many people; the number stands before it."""


def _told(job: BulkJob, judged: _Judged, options: BulkOptions, *, reachable: int, now: datetime) -> tuple[Told, ...]:
    if job.act != BulkAct.RESET:
        return ()
    links = sum(each.count for each in judged.plain if each.decision.allowed and each.has_alternate)
    links += sum(decision.allowed and link for decision, link in judged.standing.values())
    counts: dict[str, int] = {}
    if options.deliver_to_alternate or options.blind:
        shows_password = job.tenant.password_in_mail and not options.blind
        counts["password_by_mail" if shows_password else "alternate"] = links
        counts["without_alternate"] = reachable - links
        counts["fresh_alternate"] = _count_fresh(job, now=now)
    if job.tenant.notify_user_on_admin_reset:
        counts["notice"] = reachable
        # Whoever gets a link there is not told a second time.
        counts["notice_alternate"] = 0 if options.deliver_to_alternate or options.blind else links
    return tuple(Told(code=code, count=count, sentence=str(TOLD[code])) for code, count in counts.items() if count)


def _count_fresh(job: BulkJob, *, now: datetime) -> int:
    """Count alternate addresses of the chosen that were changed within the tenant's ``fresh_contact_hours``."""
    since = now - timedelta(hours=job.tenant.fresh_contact_hours)
    fresh = Contact.objects.filter(kind=ContactKind.ALTERNATE_EMAIL, changed_at__gt=since)
    return fresh.filter(user__in=people_of(job).values("pk")).count()


def _fingerprint(job: BulkJob, judged: _Judged, counts: Counter[str], *, reachable: int) -> str:
    """Return what changes with the set and with what would happen to anybody in it."""
    sums = checksums(judged.plain_people, judged.plain, judged.sorting)
    standing = sorted((str(pk), decision.code, link) for pk, (decision, link) in judged.standing.items())
    told = (str(job.act), reachable, sorted(counts.items()), sorted(sums.items()), standing)
    return hashlib.sha256(repr(told).encode()).hexdigest()
