"""Add multiple users: upload or paste, preview, confirm, result; and the files to start from."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from adminportal import clock
from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.middleware.bodies import own_body
from adminportal.throttle import Throttled, check
from users.access import Permission, requires
from users.csv_layout import MOST_BYTES, CsvRefused, CsvRow, read_rows
from users.csv_refusals import refusal_sentence
from users.csv_templates import template_file
from users.import_form import ConfirmForm, ImportForm
from users.import_results import every_line, get_own_batch, view_batch
from users.models import Domain, ImportBatch
from users.request import PortalRequest
from users.services.import_batches import NotConfirmed, confirm_batch, free_seats, store_batch
from users.services.import_users import default_product

AROUND_THE_FILE = 2 * 1024 * 1024
"""Bytes of a request beside the file: the other fields and the frame of the form."""


@requires(Permission.USER_CREATE)
@own_body
@csrf_exempt  # asked in _upload, once it is certain that the body is worth reading
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_users(request: PortalRequest) -> HttpResponse:
    """Take a file or pasted rows and keep them for the preview; nobody is created."""
    if request.method != "POST":
        return _start(request, ImportForm())
    try:
        check("L26", key=str(request.actor.id), now=clock.now())
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES + AROUND_THE_FILE:
            raise CsvRefused("size", {"most": str(MOST_BYTES // (1024 * 1024))})
        return _upload(request)
    except Throttled as limit:
        response = _start(request, _refused(_too_often(limit)), status=429)
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    except CsvRefused as refusal:
        return _start(request, _refused(refusal_sentence(refusal)), status=413 if refusal.code == "size" else 422)
    except RequestDataTooBig:
        text = gettext("The pasted text is larger than 1 MB. Nobody was added. Save it as a file and upload that.")
        return _start(request, _refused(text), status=413)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _start(request, form, status=422)
    source, encoding, name = form.source()
    asked: PortalRequest = request  # type: ignore[assignment]  # decorated views are typed for any request
    rows: list[CsvRow] = list(read_rows(source, encoding=encoding))
    if not rows:
        form.add_error(None, gettext("The file has no row below its header. Nobody was added."))
        return _start(request, form, status=422)
    batch = store_batch(actor=asked.actor, rows=rows, source=name, now=clock.now())
    return HttpResponseRedirect(reverse("users:import-batch", args=[batch.pk]))


@requires(Permission.USER_CREATE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_batch(request: PortalRequest, batch_id: UUID) -> HttpResponse:
    """Show the preview of an upload and add its good rows when confirmed; afterwards show how each row ended."""
    batch = get_own_batch(batch_id, actor=request.actor)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _batch_page(request, batch, form)
    try:
        confirm_batch(batch=batch, actor=request.actor, **form.order(), now=clock.now())
    except NotConfirmed as refusal:
        if refusal.code != "started":
            form.say_refused(refusal.code, free=refusal.free, needed=refusal.needed)
            return _batch_page(request, batch, form, status=422)
    return HttpResponseRedirect(request.path)


@requires(Permission.USER_CREATE)
@require_safe
def template(request: PortalRequest, *, has_examples: bool) -> HttpResponse:
    """Send the blank template, or the one with invented people of this organization."""
    domain = Domain.objects.order_by("-is_default", "name").first()
    content = template_file(domain=domain.name if domain else "contoso.example", has_examples=has_examples)
    name = "import-users-examples.csv" if has_examples else "import-users-template.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@requires(Permission.USER_CREATE)
@never_cache
@require_safe
def outcomes(request: PortalRequest, batch_id: UUID) -> HttpResponse:
    """Send how each row stands as a file, in the reader's language and in the order of the file."""
    batch = get_own_batch(batch_id, actor=request.actor)
    heads = [gettext(text) for text in ("Row", "Outcome", "Username", "Display name", "What is wrong")]
    lines = [csv_line(heads)]
    for line in every_line(batch):
        wrong = [f"{fault.column}: {fault.sentence()}" for fault in line.faults] + [str(line.note)] * bool(line.note)
        lines.append(csv_line([str(line.number), line.label, line.user_name, line.display_name, " ".join(wrong)]))
    headers = {"Content-Disposition": 'attachment; filename="import-outcomes.csv"'}
    return HttpResponse(BYTE_ORDER_MARK + "".join(lines), content_type="text/csv; charset=utf-8", headers=headers)


def _start(request: HttpRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    return render(request, "users/import.html", {"form": form}, status=status)


def _refused(text: str) -> ImportForm:
    """Return an empty form that says why what was sent was not taken."""
    form = ImportForm({}, {}, refusal=text)
    form.is_valid()
    return form


def _too_often(limit: Throttled) -> str:
    text = gettext("You have uploaded %(number)s files within an hour. Nobody was added. Try again in %(minutes)s min.")
    return text % {"number": limit.limit.number, "minutes": -(-limit.retry_after // 60)}


def _batch_page(request: PortalRequest, batch: ImportBatch, form: ConfirmForm, *, status: int = 200) -> HttpResponse:
    asked = request.GET.get("page", "")
    shown = view_batch(batch, page=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1)
    page: dict[str, object] = {"view": shown, "form": form}
    if batch.state == ImportBatch.State.PREVIEW:
        product = default_product()
        page |= {"product": product, "free_seats": free_seats(product) if product else None}
        return render(request, "users/import_preview.html", page, status=status)
    return render(request, "users/import_result.html", page, status=status)
