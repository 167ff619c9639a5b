"""What can be done to a job: pause, resume, cancel, try again, choose the rest, purge. What cannot be undone asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from adminportal import clock
from passwords.bulk_jobs import get_visible_job
from passwords.bulk_words import title_of
from passwords.models import BulkJob, BulkState
from passwords.services.bulk import NotPossible, cancel_bulk, pause_bulk, resume_bulk, retry_failed
from passwords.services.bulk_rest import choose_rest
from passwords.services.bulk_results import NotShown, purge_bulk
from passwords.views.bulk_draft import to_confirm
from passwords.views.bulk_page import Asked, show_job
from users.access import Permission, requires
from users.request import PortalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; where ``text`` is given, a page asks first."""

    service: Callable[..., BulkJob]
    title: Promise | str = ""
    text: Promise | str = ""
    button: Promise | str = ""


STEPS: Final = {
    "pause": Step(service=pause_bulk),
    "resume": Step(service=resume_bulk),
    "retry": Step(service=retry_failed),
    "rest": Step(service=choose_rest),
    "cancel": Step(
        service=cancel_bulk,
        title=_("Cancel the job"),
        text=_(
            "Whoever is through stays so. Nothing happens to the others. A canceled job cannot be taken up again; "
            "to stop for a while, pause it."
        ),
        button=_("Cancel the job"),
    ),
    "purge": Step(
        service=purge_bulk,
        title=_("Purge the passwords"),
        text=_(
            "Nobody can have the passwords of this job shown any more, and links that nobody opened stop working. "
            "The passwords themselves stay good, and so does the list of outcomes."
        ),
        button=_("Purge now"),
    ),
}
WHY_NOT: Final[dict[str, Promise]] = {
    "all_begun": _("Everybody of this job had their turn, so nobody is left. Nothing was changed."),
    "nobody": _("Nobody failed, so there is nothing to try again. Nothing was changed."),
    "not_yours": _("Only whoever started the job may do this. Nothing was changed."),
    "password": _("The chosen password was kept nowhere, so this cannot be tried again. Start another job."),
    "state": _("The job has moved on since this page was drawn. Nothing was changed."),
}


@requires(Permission.BULK_READ)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: PortalRequest, job_id: UUID, *, name: str) -> HttpResponse:
    """Take one step of a job; GET asks where it cannot be undone."""
    job, chosen = get_visible_job(job_id, actor=request.actor), STEPS[name]
    if job.state == BulkState.DRAFT:
        return HttpResponseRedirect(_address(job))  # nothing of it has begun
    if request.method != "POST" and not chosen.text:
        return HttpResponseRedirect(_address(job))
    if request.method != "POST":
        may = job.starter_id == request.actor.id or (name == "cancel" and request.actor.may(Permission.BULK_CANCEL))
        return _ask(request, job, chosen) if may else _not_yours(request, job)
    return _take(request, job, partial(chosen.service, job.pk, actor=request.actor))


def _take(request: PortalRequest, job: BulkJob, service: Callable[..., BulkJob]) -> HttpResponse:
    now: datetime = clock.now()
    try:
        moved = service(now=now)
    except (NotPossible, NotShown) as refusal:
        if refusal.code == "RESET_STEP_UP":
            return to_confirm(request, job)
        job.refresh_from_db()
        status = 403 if refusal.code == "not_yours" else 409
        problem = str(WHY_NOT.get(refusal.code, WHY_NOT["state"]))
        return show_job(request, job, asked=Asked.read(request.GET), problem=problem, status=status)
    return HttpResponseRedirect(_address(moved))


def _not_yours(request: PortalRequest, job: BulkJob) -> HttpResponse:
    return show_job(request, job, asked=Asked.read(request.GET), problem=str(WHY_NOT["not_yours"]), status=403)


def _ask(request: PortalRequest, job: BulkJob, chosen: Step) -> HttpResponse:
    page = {"job": job, "step": chosen, "job_title": title_of(job, job.requested), "job_url": _address(job)}
    return render(request, "passwords/bulk_confirm.html", page)


def _address(job: BulkJob) -> str:
    return reverse("passwords:bulk", args=[job.pk])
