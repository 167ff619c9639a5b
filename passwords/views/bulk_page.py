"""The page of a job that was started: progress while it runs, results as far as there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from adminportal.sealing import Secret
from passwords.bulk_options import BulkOptions
from passwords.bulk_sentences import sentence_of
from passwords.bulk_words import Grouped, source_of, title_of
from passwords.models import UNDER_WAY, BulkAct, BulkEnd, BulkJob, BulkState
from passwords.services.bulk_results import (
    BulkRow,
    Progress,
    asks_proof,
    list_results,
    progress_of,
    reveal_items,
)
from users.access import Permission, has_fresh_proof
from users.request import PortalRequest
from users.search import SearchTooLong

ROWS: Final = 50
"""People on one page of the results."""
PART: Final = 500
"""Slips in one part that is printed."""
REFUSED_FORM: Final = 422
KINDS: Final[Mapping[str, str]] = {
    BulkEnd.DONE: "good",
    BulkEnd.REFUSED: "warn",
    BulkEnd.FAILED: "bad",
    BulkEnd.UNKNOWN: "bad",
}
"""How an end is drawn."""
STATE_KINDS: Final[Mapping[str, str]] = {
    BulkState.RUNNING: "info",
    BulkState.PAUSED: "warn",
    BulkState.FINISHED: "good",
    BulkState.STOPPED: "bad",
}
"""How the state of a job is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person of the results; ``password`` is there in the answer to Show passwords alone."""

    row: BulkRow
    label: str
    kind: str
    password: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the results is asked for."""

    search: str
    end: str
    after: int | None

    @classmethod
    def read(cls, query: QueryDict) -> Asked:
        """Read a query; what cannot be asks for everything."""
        end, after = query.get("end", ""), query.get("after", "")
        return cls(
            search=query.get("search", ""),
            end=end if end in BulkEnd.values else "",
            after=int(after) if after.isascii() and after.isdigit() and len(after) < len("1000000000") else None,
        )

    def address(self, *, after: int | None = None) -> str:
        """Return the query that asks for the same from another place."""
        parts = {"search": self.search, "end": self.end, "after": "" if after is None else str(after)}
        return "?" + urlencode({key: value for key, value in parts.items() if value})


def find_rows(job: BulkJob, asked: Asked) -> tuple[list[BulkRow], bool]:
    """Return a page of results, and whether there are more behind it.

    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    found = list_results(job, search=asked.search, end=asked.end, after=asked.after, rows=ROWS + 1, now=clock.now())
    return found[:ROWS], len(found) > ROWS


@sensitive_variables()
def show_passwords(request: PortalRequest, job: BulkJob, *, asked: Asked) -> HttpResponse:
    """Answer with the page of a job and the passwords of its rows, each of them covered until it is uncovered.

    :raises NotShown: when they are not for this reader, or not any more.
    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    rows, _has_more = find_rows(job, asked)
    ids = [row.item_id for row in rows]
    stream = reveal_items(job.pk, actor=request.actor, item_ids=ids, channel="screen", now=clock.now())
    passwords = {item.pk: password for item, password in stream if password is not None}
    return show_job(request, job, asked=asked, passwords=passwords)


@sensitive_variables()
def show_job(
    request: PortalRequest,
    job: BulkJob,
    *,
    asked: Asked,
    passwords: Mapping[int, Secret] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Answer with the page of a job; ``passwords`` by item in the answer to Show passwords alone."""
    try:
        rows, has_more = find_rows(job, asked)
    except SearchTooLong:
        rows, has_more, status = [], False, REFUSED_FORM
        problem = gettext("The search is too long. Nothing was searched.")
    progress = progress_of(job, now=clock.now())
    page = {
        **frame_of(request, job, progress),
        "source": source_of(job),
        "problem": problem,
        "lines": [_line(row, (passwords or {}).get(row.item_id)) for row in rows],
        "shows_passwords": passwords is not None,
        "asked": asked,
        "ends": [(end, BulkEnd(end).label) for end in BulkEnd.values if getattr(progress, end) or end == asked.end],
        "is_later": asked.after is not None,
        "first_url": asked.address(),
        "next_url": asked.address(after=rows[-1].position) if has_more else "",
    }
    return render(request, "passwords/bulk_job.html", page, status=status)


def frame_of(request: PortalRequest, job: BulkJob, progress: Progress) -> dict[str, object]:
    """Return what page and progress say of a job."""
    options = BulkOptions.read(job.options)
    is_own, is_over = job.starter_id == request.actor.id, job.state not in UNDER_WAY
    is_sealed = job.act == BulkAct.RESET and job.purged_at is None and bool(progress.done)
    hands_out = is_own and is_sealed and not options.blind
    return {
        "job": job,
        "title": title_of(job, job.requested),
        "state_label": BulkState(job.state).label,
        "state_kind": STATE_KINDS.get(job.state, "none"),
        "progress": progress,
        "summary": summary_of(progress),
        "time_left": time_left(progress),
        "stop_reason": sentence_of(job.stop_code, {}),
        "reason": " · ".join(filter(None, (options.reason, options.ticket))),
        "is_own": is_own,
        "is_over": is_over,
        "is_reset": job.act == BulkAct.RESET,
        "is_blind": options.blind,
        "may_cancel": not is_over and (is_own or request.actor.may(Permission.BULK_CANCEL)),
        "may_retry": is_own and is_over and bool(progress.failed or progress.unknown) and not options.has_own_password,
        "may_choose_rest": is_own and is_over and (bool(progress.canceled) or job.state == BulkState.STOPPED),
        "hands_out": hands_out,
        "may_purge": is_own and is_over and is_sealed,
        "needs_proof": hands_out and not has_fresh_proof(request.actor, now=clock.now()) and asks_proof(job),
        "parts": parts_of(progress.done) if hands_out else [],
        "store": f"ticks-{request.actor.id}",
    }


def parts_of(people: int) -> list[tuple[int, int, int]]:
    """Return the parts in which slips are printed: the number of each, its first and its last person."""
    firsts = range(1, people + 1, PART)
    return [(number, first, min(first + PART - 1, people)) for number, first in enumerate(firsts, start=1)]


def summary_of(progress: Progress) -> str:
    """Say in one sentence how many are through."""
    text = ngettext(
        "%(over)s of %(total)s user is through (%(percent)s %%).",
        "%(over)s of %(total)s users are through (%(percent)s %%).",
        progress.requested,
    )
    values = {"over": Grouped(progress.over), "total": Grouped(progress.requested), "percent": progress.percent}
    return text % values


def time_left(progress: Progress) -> str:
    """Say how long it will take yet; empty while that is not known."""
    if progress.seconds_left is None:
        return ""
    if progress.seconds_left < 60:
        return gettext("less than a minute left")
    minutes = -(-progress.seconds_left // 60)
    text = ngettext("about %(minutes)s minute left", "about %(minutes)s minutes left", minutes)
    return text % {"minutes": Grouped(minutes)}


@sensitive_variables()
def _line(row: BulkRow, password: Secret | None) -> Line:
    return Line(row=row, label=str(BulkEnd(row.end).label), kind=KINDS.get(BulkEnd(row.end), "none"), password=password)
