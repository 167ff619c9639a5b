"""Who is told of a bulk job, and how: the people, addresses that were typed, whoever starts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy as _n

from passwords.bulk_options import BulkOptions, mailed_addresses, shows_results
from passwords.bulk_starters import Operator, Starter
from passwords.models import BulkAct, BulkJob
from passwords.services.bulk_judging import Judged
from users.models import Contact, ContactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who will be told how: ``code`` is one of ``TOLD``; a ``count`` of 0 stands for everybody or for the reader."""

    code: str
    count: int
    sentence: str


TOLD: Final[dict[str, Promise]] = {
    "alternate": _("get a one-time link at their alternate address"),
    "fresh_alternate": _("have an alternate address that was changed only recently"),
    "notice": _("are told at every known address that their password was reset"),
    "password_by_mail": _("get the password itself at their alternate address"),
    "without_alternate": _("have no alternate address, so nothing is sent there"),
    "nobody": _("They are not told by mail."),
    "starter": _("You are told by mail when it is over, with a link to the results."),
    "addresses": _n(
        "address gets a mail when it is over, with a link to the results",
        "addresses get a mail when it is over, with a link to the results",
        "number",
    ),
    "addresses_shown": _n(
        "address gets a mail with the passwords when it is over",
        "addresses get a mail with the passwords when it is over",
        "number",
    ),
}
"""What happens to how many; the number stands before it, where there is one."""


def told_of(
    job: BulkJob, judged: Judged, options: BulkOptions, *, actor: Starter, reachable: int, now: datetime
) -> tuple[Told, ...]:
    """Say who will be told how, where anybody is reached at all; at most one query."""
    if not reachable:
        return ()
    counts = dict(_people(job, judged, options, reachable=reachable, now=now))
    if not counts.keys() & {"alternate", "password_by_mail", "notice"}:
        counts["nobody"] = 0
    counts |= _mailed(job, judged, options, actor)
    return tuple(
        Told(code=code, count=count, sentence=str(TOLD[code] % {"number": count})) for code, count in counts.items()
    )


def _people(
    job: BulkJob, judged: Judged, options: BulkOptions, *, reachable: int, now: datetime
) -> Iterator[tuple[str, int]]:
    """Count the people by what they get; only a reset tells them anything."""
    if job.act != BulkAct.RESET:
        return
    counts: dict[str, int] = {}
    if options.deliver_to_alternate or options.blind:
        links = judged.linked_count
        shows_password = job.tenant.password_in_mail and not options.blind
        counts["password_by_mail" if shows_password else "alternate"] = links
        counts["without_alternate"] = reachable - links
        counts["fresh_alternate"] = _count_fresh(job, judged, now=now)
    if job.tenant.notify_user_on_admin_reset:
        counts["notice"] = reachable
    yield from ((code, count) for code, count in counts.items() if count)


def _mailed(job: BulkJob, judged: Judged, options: BulkOptions, actor: Starter) -> dict[str, int]:
    """Count who gets the mail about the whole job."""
    if isinstance(actor, Operator):
        return {}
    own, typed = mailed_addresses(options, own=actor.user.mail, requested=judged.count)
    shows = job.act == BulkAct.RESET and shows_results(job.tenant, options, requested=judged.count)
    told = {"starter": 0} if own else {}
    return told | ({"addresses_shown" if shows else "addresses": len(typed)} if typed else {})


def _count_fresh(job: BulkJob, judged: Judged, *, now: datetime) -> int:
    """Count those who would get a link at an address that was changed within the tenant's ``fresh_contact_hours``."""
    since = now - timedelta(hours=job.tenant.fresh_contact_hours)
    linked = [each for each in judged.plain if each.decision.allowed and each.has_alternate]
    people = Q(user__in=judged.linked_standing) | Q(user__in=judged.plain_of(linked).values("pk"))
    return Contact.objects.filter(people, kind=ContactKind.ALTERNATE_EMAIL, changed_at__gt=since).count()
