"""The page of a bulk job: before, while and after it runs; and the list of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from adminportal import clock
from adminportal.throttle import Throttled
from passwords.bulk_jobs import JOBS_A_PAGE, OVERSEERS, follow_job, get_own_job, get_visible_job, list_jobs
from passwords.bulk_words import source_of, title_of
from passwords.models import UNDER_WAY, BulkJob, BulkState
from passwords.services.bulk_records import counts_of_each
from passwords.services.bulk_results import progress_of
from passwords.views.bulk_draft import (
    kept_draft,
    show_draft,
    show_without_preview,
    stored_draft,
    to_page,
    wants_part,
)
from passwords.views.bulk_page import STATE_KINDS, Asked, frame_of, show_job
from passwords.views.bulk_start import start
from users.access import Decision, Permission, requires
from users.refusals import sentence
from users.request import PortalRequest

NOBODY_RESETS: Final = Decision(allowed=False, code="RESET_NO_ROLE")
"""Why a reader of jobs may start none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job of the list; ``counts`` of its people by how they ended."""

    job: BulkJob
    title: str
    source: str
    state: str
    kind: str
    counts: Mapping[str, int]


@requires(Permission.BULK_READ)
@require_safe
def jobs(request: PortalRequest) -> HttpResponse:
    """List the jobs that this person may look at, newest first."""
    asked = request.GET.get("before", "")
    try:
        found = list_jobs(request.actor, before=UUID(asked) if asked else None)
    except ValueError:
        raise Http404 from None
    shown = found[:JOBS_A_PAGE]
    counts = counts_of_each(shown)
    page = {
        "rows": [_row(each, counts[each.pk]) for each in shown],
        "is_later": bool(asked),
        "next_url": f"?{urlencode({'before': str(shown[-1].pk)})}" if len(found) > JOBS_A_PAGE else "",
        "sees_all": bool(OVERSEERS & request.actor.roles),
        "reason": "" if request.actor.may(Permission.PASSWORD_RESET) else sentence(NOBODY_RESETS),
    }
    return render(request, "passwords/bulk_jobs.html", page)


@requires(Permission.BULK_READ)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Show a job as it stands; POST starts a draft."""
    find = get_own_job if request.method == "POST" else get_visible_job
    found = find(job_id, actor=request.actor)
    try:
        if request.method == "POST":
            return start(request, found)
        if found.state == BulkState.DRAFT:
            return show_draft(request, stored_draft(request, found))
    except Throttled as limit:
        return show_without_preview(request, kept_draft(request, found), limit)
    return show_job(request, found, asked=Asked.read(request.GET))


@requires(Permission.BULK_READ)
@never_cache
@require_safe
def progress(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Answer how far a job is, for a page that asks again and again; the page is drawn anew once it is over."""
    found = follow_job(job_id, actor=request.actor)
    if not wants_part(request):
        return to_page(request, found)
    if found.state not in UNDER_WAY:
        return HttpResponse(headers={"HX-Refresh": "true"})
    frame = frame_of(request, found, progress_of(found, now=clock.now()))
    return render(request, "passwords/_bulk_progress.html", frame)


def _row(job: BulkJob, counts: Mapping[str, int]) -> JobRow:
    state = BulkState(job.state)
    return JobRow(
        job=job,
        title=title_of(job, job.requested),
        source=source_of(job),
        state=str(state.label),
        kind=STATE_KINDS.get(state, "none"),
        counts=counts,
    )
