"""The passwords of a job, for its starter: on the screen, as CSV, as slips to print. Each only in answer to a POST."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock
from adminportal.audit.export import BYTE_ORDER_MARK, safe_cell
from adminportal.sealing import Secret
from adminportal.shell.qr import path_of
from passwords.bulk_jobs import get_own_job
from passwords.bulk_options import BulkOptions
from passwords.models import BulkEnd, BulkItem, BulkJob, BulkState
from passwords.services.bulk_results import BulkRow, NotShown, list_results, reveal_items
from passwords.views.bulk_draft import to_confirm
from passwords.views.bulk_page import PART, Asked, find_rows, show_job
from users.access import Permission, requires
from users.request import PortalRequest
from users.search import SearchTooLong
from users.tenancy import within

HEADINGS: Final = ("User Name", "Display Name", "Outcome", "Why", "Temporary password")
"""Columns of the CSV file. Not translated: programs read them."""
ROWS_AT_ONCE: Final = 500
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
        rows, _has_more = find_rows(job, asked)
        stream = reveal_items(
            job.pk, actor=request.actor, item_ids=[row.item_id for row in rows], channel="screen", now=clock.now()
        )
    except SearchTooLong:
        return show_job(request, job, asked=asked)
    except NotShown as refusal:
        return _not_shown(request, job, refusal)
    passwords = {item.pk: password for item, password in stream if password is not None}
    return show_job(request, job, asked=asked, passwords=passwords)


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def as_csv(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Send everybody of the job with outcome and password as a file that no spreadsheet runs."""
    job = get_own_job(job_id, actor=request.actor)
    if request.method != "POST" or job.state == BulkState.DRAFT:
        return HttpResponseRedirect(reverse("passwords:bulk", args=[job.pk]))
    try:
        stream = reveal_items(job.pk, actor=request.actor, item_ids=None, channel="csv", now=clock.now())
    except NotShown as refusal:
        return _not_shown(request, job, refusal)
    response = StreamingHttpResponse(_pieces(request, job, stream), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="passwords-{job.pk.hex[:8]}.csv"'
    return response  # type: ignore[return-value]  # a stream, which decorators take as well


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
    if not (part.isascii() and part.isdigit() and 0 < len(part) < len("100000")) or layout not in LAYOUTS:
        raise Http404
    try:
        ids = _ids_of_part(job, int(part))
        stream = reveal_items(job.pk, actor=request.actor, item_ids=ids, channel="print", now=clock.now())
    except NotShown as refusal:
        return _not_shown(request, job, refusal)
    address = settings.PUBLIC_URL + reverse("users:signin")
    page = {
        "job": job,
        "slips": [(item, password) for item, password in stream if password is not None],
        "layout": layout,
        "must_change": BulkOptions.read(job.options).must_change,
        "sign_in_url": address,
        "qr": path_of(address),
    }
    return render(request, "passwords/bulk_slips.html", page)


def _ids_of_part(job: BulkJob, part: int) -> list[int]:
    done = BulkItem.objects.filter(job=job, end=BulkEnd.DONE).order_by("position")
    return list(done.values_list("pk", flat=True)[(part - 1) * PART : part * PART])


def _not_shown(request: PortalRequest, job: BulkJob, refusal: NotShown) -> HttpResponse:
    if refusal.code == "RESET_STEP_UP":
        return to_confirm(request, job)
    if refusal.code not in WHY_NOT:
        raise Http404
    return show_job(request, job, asked=Asked.read(request.POST), problem=str(WHY_NOT[refusal.code]), status=409)


class _Line:
    """Stands in for a file: the CSV writer hands each line over to it."""

    def write(self, line: str) -> str:
        return line


@sensitive_variables()
def _pieces(request: PortalRequest, job: BulkJob, stream: Iterator[tuple[BulkItem, Secret | None]]) -> Iterator[str]:
    """Read results and passwords side by side, both in the order of the job, so that memory stays flat."""
    writer = csv.writer(_Line())
    own = gettext("The one that was chosen") if BulkOptions.read(job.options).has_own_password else ""
    yield BYTE_ORDER_MARK + writer.writerow(HEADINGS)
    with within(request.tenant):
        shown = next(stream, None)
        for row in _rows(job):
            password = ""
            if shown is not None and shown[0].pk == row.item_id:
                password = _cell(shown[1], own=own)
                shown = next(stream, None)
            yield writer.writerow(
                [safe_cell(cell) for cell in (row.user_name, row.display_name, row.end, row.sentence, password)]
            )


def _rows(job: BulkJob) -> Iterator[BulkRow]:
    after: int | None = None
    while rows := list_results(job, after=after, rows=ROWS_AT_ONCE, now=clock.now()):
        yield from rows
        after = rows[-1].position


@sensitive_variables()
def _cell(password: Secret | None, *, own: str) -> str:
    """Return a created password as it is: it begins with a letter or digit. A chosen one may be no formula either."""
    if password is None:
        return ""
    return own or password.expose()
