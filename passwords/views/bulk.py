"""The page of a bulk job: before, while and after it runs; and the list of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from passwords.bulk_jobs import JOBS_A_PAGE, OVERSEERS, get_visible_job, list_jobs
from passwords.bulk_words import source_of, title_of
from passwords.models import BulkJob, BulkState
from passwords.views.bulk_draft import show_draft, stored_draft
from users.access import Permission, requires
from users.request import PortalRequest

KINDS: Final = {
    BulkState.RUNNING: "info",
    BulkState.PAUSED: "warn",
    BulkState.FINISHED: "good",
    BulkState.STOPPED: "bad",
}
"""How the state of a job is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job of the list."""

    job: BulkJob
    title: str
    source: str
    state: str
    kind: str


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
    page = {
        "rows": [_row(each) for each in shown],
        "is_later": bool(asked),
        "next_url": f"?{urlencode({'before': shown[-1].pk})}" if len(found) > JOBS_A_PAGE else "",
        "sees_all": bool(OVERSEERS & request.actor.roles),
        "may_start": request.actor.may(Permission.PASSWORD_RESET),
    }
    return render(request, "passwords/bulk_jobs.html", page)


@requires(Permission.BULK_READ)
@never_cache
@require_safe
def job(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Show a job as it stands."""
    found = get_visible_job(job_id, actor=request.actor)
    return show_draft(request, stored_draft(request, found))


def _row(job: BulkJob) -> JobRow:
    state = BulkState(job.state)
    return JobRow(
        job=job,
        title=title_of(job, job.requested),
        source=source_of(job),
        state=str(state.label),
        kind=KINDS.get(state, "none"),
    )
