"""The results of a job as files that no spreadsheet runs: with passwords for its starter, outcomes for its readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock
from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.sealing import Secret
from passwords.bulk_jobs import get_own_job, get_visible_job
from passwords.bulk_options import BulkOptions
from passwords.models import UNDER_WAY, BulkItem, BulkJob, BulkState
from passwords.services.bulk_results import BulkRow, NotShown, each_result, export_outcomes, reveal_items
from passwords.views.bulk_page import Asked, show_job
from passwords.views.bulk_results import not_shown
from users.access import Permission, requires
from users.models import Tenant
from users.request import PortalRequest
from users.search import SearchTooLong
from users.tenancy import within

Cells = tuple[str, ...]
HEADINGS: Final = ("User Name", "Display Name", "Outcome", "Code", "Why")
"""First columns of every file. Not translated: programs read them."""
PASSWORD: Final = "Temporary password"  # noqa: S105  # a heading
STATE: Final = "State"
"""How far the password is on its way: the word of ``BulkRow``."""
LINK: Final = "Link"
"""How far the mailed link is: the word of ``BulkRow``, empty where none are mailed."""


@requires(Permission.PASSWORD_RESET)
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def as_csv(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Send everybody of the job with outcome and password."""
    job = get_own_job(job_id, actor=request.actor)
    if request.method != "POST" or job.state == BulkState.DRAFT:
        return _to_page(job)
    now = clock.now()
    try:
        stream = reveal_items(job.pk, actor=request.actor, item_ids=None, channel="csv", now=now)
    except NotShown as refusal:
        return not_shown(request, job, refusal)
    own = gettext("The one that was chosen") if BulkOptions.read(job.options).has_own_password else ""
    lines = _with_passwords(each_result(job, now=now), stream, own=own)
    return _file(request.tenant, (*HEADINGS, PASSWORD, STATE, LINK), lines, name=f"passwords-{job.pk.hex[:8]}.csv")


@requires(Permission.BULK_READ)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def outcomes(request: PortalRequest, job_id: UUID) -> HttpResponse:
    """Send the outcomes that a search and a filter find, without passwords; a POST, because the audit log keeps it."""
    job = get_visible_job(job_id, actor=request.actor)
    if request.method != "POST" or job.state in (BulkState.DRAFT, *UNDER_WAY):
        return _to_page(job)
    asked = Asked.read(request.POST)
    try:
        rows = export_outcomes(job, actor=request.actor, search=asked.search, end=asked.end, now=clock.now())
    except SearchTooLong:
        return show_job(request, job, asked=asked)
    lines = ((*_cells(row), row.state, row.delivery) for row in rows)
    return _file(request.tenant, (*HEADINGS, STATE, LINK), lines, name=f"outcomes-{job.pk.hex[:8]}.csv")


def _to_page(job: BulkJob) -> HttpResponse:
    return HttpResponseRedirect(reverse("passwords:bulk", args=[job.pk]))


@sensitive_variables()
def _file(tenant: Tenant, headings: Sequence[str], lines: Iterator[Cells], *, name: str) -> HttpResponse:
    """Answer with lines that are read while they are sent, in the language of the reader."""
    pieces = _pieces(tenant, headings, lines, language=get_language() or tenant.language)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response  # type: ignore[return-value]  # a stream, which decorators take as well


@sensitive_variables()
def _pieces(tenant: Tenant, headings: Sequence[str], lines: Iterator[Cells], *, language: str) -> Iterator[str]:
    """Read line by line inside scope and language: the request has left both when a file is sent."""
    yield BYTE_ORDER_MARK + csv_line(headings)
    while True:
        with within(tenant), override(language):
            line = next(lines, None)
        if line is None:
            return
        yield csv_line(line)


@sensitive_variables()
def _with_passwords(
    rows: Iterator[BulkRow], stream: Iterator[tuple[BulkItem, Secret | None]], *, own: str
) -> Iterator[Cells]:
    """Read results and passwords side by side, both in the order of the job, so that memory stays flat."""
    shown = next(stream, None)
    for row in rows:
        password = ""
        if shown is not None and shown[0].pk == row.item_id:
            password = _cell(shown[1], own=own)
            shown = next(stream, None)
        yield (*_cells(row), password, row.state, row.delivery)


def _cells(row: BulkRow) -> Cells:
    return (row.user_name, row.display_name, row.end, row.code, row.sentence)


@sensitive_variables()
def _cell(password: Secret | None, *, own: str) -> str:
    """Return a created password as it is: it begins with a letter or digit. A chosen one may be no formula either."""
    if password is None:
        return ""
    return own or password.expose()
