"""What a bulk job would do, before anything happens: who is reached, who is left out and why, who is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from adminportal.audit.tags import Activity
from passwords.bulk_classes import checksums, decide
from passwords.bulk_options import BulkOptions
from passwords.bulk_sentences import plural_of
from passwords.bulk_starters import Starter, judge_of
from passwords.models import BulkAct, BulkJob
from passwords.services.bulk_judging import Judged, judge_everybody
from passwords.services.bulk_records import record_job
from passwords.services.bulk_selection import includes_starter
from passwords.services.bulk_told import Told, told_of
from passwords.services.reset_messages import alternates_of, usable_alternate
from users.actors import Actor
from users.models import User
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


def preview(job: BulkJob, *, actor: Starter, options: BulkOptions, now: datetime) -> Preview:
    """Judge everybody of a job as the act will; a fixed number of queries, and nothing is changed but the draft."""
    judged = judge_everybody(job, actor, options)
    counts = judged.codes()
    requested, reachable = sum(counts.values()), counts.pop("", 0)
    reasons = [Reason(code=code, count=number, sentence=plural_of(code)) for code, number in counts.most_common()]
    found = Preview(
        requested=requested,
        reachable=reachable,
        left_out=tuple(reasons),
        told=told_of(job, judged, options, actor=actor, reachable=reachable, now=now),
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
    judged = judge_everybody(job, actor, options)
    refused = [pk for pk, (decision, _alternate) in judged.standing.items() if not decision.allowed]
    classes = [each for each in judged.plain if not each.decision.allowed]
    hit = Q(pk__in=refused) | Q(pk__in=judged.plain_of(classes).values("pk"))
    people = User.objects.filter(hit, matching(words_of(search), in_contacts=False))
    if after:
        name, _, pk = after.rpartition("|")
        people = people.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=UUID(pk)))
    return _with_reasons(judged, list(people.order_by("sort_name", "pk")[:rows]))


def own_refusal(job: BulkJob, *, actor: Actor, search: str = "") -> LeftOut | None:
    """Return why the starter is left out, if they are among the chosen and a search finds them.

    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    chosen = includes_starter(job)
    me = User.objects.filter(matching(words_of(search), in_contacts=False), pk=actor.id).first() if chosen else None
    if me is None:
        return None
    decision = judge_of(job.act, actor)(load_facts([me])[me.pk])
    return LeftOut(user=me, code=decision.code, sentence=sentence(decision), place="")


def _note(job: BulkJob, found: Preview, actor: Starter, *, now: datetime) -> None:
    """Keep what was previewed with the draft; the audit log hears of the first look alone, not of each option."""
    with transaction.atomic():
        draft = BulkJob.objects.filter(pk=job.pk, started_at=None)
        is_first = draft.filter(previewed_at=None).update(previewed_at=now)
        draft.update(previewed_at=now, requested=found.requested, fingerprint=found.fingerprint)
        if is_first:
            details = {"Source": job.source_kind, "Requested": str(found.requested), "Reached": str(found.reachable)}
            record_job(job, Activity.PREVIEWED_BULK_RESET, by=actor.for_audit(), details=details, now=now)


def _with_reasons(judged: Judged, people: Sequence[User]) -> list[LeftOut]:
    facts = load_facts(user for user in people if user.pk not in judged.standing)
    alternates = alternates_of(facts) if judged.sorting.asks_alternate else {}
    decisions = {pk: decision for pk, (decision, _link) in judged.standing.items()} | {
        pk: decide(judged.sorting, target, can_have_link=bool(usable_alternate(target.user, alternates)))
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


def _fingerprint(job: BulkJob, judged: Judged, counts: Counter[str], *, reachable: int) -> str:
    """Return what changes with the set, with what would happen to anybody in it, and with how people are told.

    Of the last only what others decide: the options of the form are those that the press of the button sends.
    """
    sums = checksums(judged.plain_people, judged.plain, judged.sorting)
    standing = sorted((str(pk), decision.code, link) for pk, (decision, link) in judged.standing.items())
    mails = (job.tenant.password_in_mail, job.tenant.notify_user_on_admin_reset) if job.act == BulkAct.RESET else ()
    whole = (str(job.act), reachable, sorted(counts.items()), sorted(sums.items()), standing, mails)
    return hashlib.sha256(repr(whole).encode()).hexdigest()
