"""The passwords of a job, for its starter: on the screen and as slips to print. Each only in answer to a POST."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock
from adminportal.shell.qr import path_of
from passwords.bulk_jobs import get_own_job
from passwords.bulk_options import BulkOptions
from passwords.models import BulkEnd, BulkItem, BulkJob
from passwords.services.bulk_results import NotShown, reveal_items
from passwords.views.bulk_draft import to_confirm
from passwords.views.bulk_page import PART, Asked, show_job, show_passwords
from users.access import Permission, requires
from users.request import PortalRequest
from users.search import SearchTooLong

WHY_NOT: Final[dict[str, Promise]] = {
    "blind": _("This job shows nobody a password."),
    "gone": _("The passwords of this job are no longer kept. Reset again whoever needs a new one."),
}
LAYOUTS: Final = ("one", "four")
"""Slips on one sheet of paper."""


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Show the passwords of one page of the results, in the answer to the button alone."""
    job = get_own_job(job_id, actor=request.actor)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("passwords:bulk", args=[job.pk]))
    asked = Asked.read(request.POST)
    try:
        return show_passwords(request, job, asked=asked)
    except SearchTooLong:
        return show_job(request, job, asked=asked)
    except NotShown as refusal:
        return not_shown(request, job, refusal)


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def slips(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Show slips to print, one a person; more than ``PART`` in parts."""
    job = get_own_job(job_id, actor=request.actor)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("passwords:bulk", args=[job.pk]))
    part, layout = request.POST.get("part", "1"), request.POST.get("layout", "four")
    if not _is_part(part) or layout not in LAYOUTS:
        raise Http404
    try:
        ids = _ids_of_part(job, int(part))
        stream = reveal_items(job.pk, actor=request.actor, item_ids=ids, channel="print", now=clock.now())
    except NotShown as refusal:
        return not_shown(request, job, refusal)
    address = settings.PUBLIC_URL + reverse("users:signin")
    slips = [(item, password) for item, password in stream if password is not None]
    page = {
        "job": job,
        "slips": slips,
        "missing": len(ids) - len(slips),
        "layout": layout,
        "must_change": BulkOptions.read(job.options).must_change,
        "sign_in_url": address,
        "qr": path_of(address),
    }
    return render(request, "passwords/bulk_slips.html", page)


def _is_part(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len("100000") and int(text) > 0


def _ids_of_part(job: BulkJob, part: int) -> list[int]:
    done = BulkItem.objects.filter(job=job, end=BulkEnd.DONE).order_by("position")
    return list(done.values_list("pk", flat=True)[(part - 1) * PART : part * PART])


def not_shown(request: PortalRequest, job: BulkJob, refusal: NotShown) -> HttpResponse:
    """Answer why no password is shown: after fresh proof, not any more, or never to this reader."""
    if refusal.code == "RESET_STEP_UP":
        return to_confirm(request, job)
    if refusal.code not in WHY_NOT:
        raise Http404
    return show_job(request, job, asked=Asked.read(request.POST), problem=str(WHY_NOT[refusal.code]), status=409)
