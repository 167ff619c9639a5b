"""Upload or paste user names: the beginning of a bulk job."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from adminportal import clock
from adminportal.middleware.bodies import own_body
from adminportal.throttle import Throttled, check
from passwords.bulk_form import ListForm
from passwords.models import BulkAct
from passwords.services.bulk_selection import draft_from_names
from passwords.views.bulk_choose import to_job
from users.access import Permission, requires
from users.csv_layout import MOST_BYTES, CsvRefused
from users.csv_names import read_names
from users.csv_names_refusals import list_refusal
from users.request import PortalRequest

AROUND_THE_FILE = 2 * 1024 * 1024
"""Bytes of a request beside the file: the other fields and the frame of the form."""


@requires(Permission.PASSWORD_RESET)
@own_body
@csrf_exempt  # asked in _upload, once it is certain that the body is worth reading
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_list(request: PortalRequest) -> HttpResponse:
    """Take a file or pasted user names and lead to the page that shows who they are; nothing is changed."""
    if request.method != "POST":
        return _page(request, ListForm(actor=request.actor))
    try:
        check("L26", key=str(request.actor.id), now=clock.now())
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES + AROUND_THE_FILE:
            raise CsvRefused("size", {"most": str(MOST_BYTES // (1024 * 1024))})
        return _upload(request)
    except Throttled as limit:
        response = _refused(request, _too_often(limit), status=429)
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    except CsvRefused as refusal:
        return _refused(request, list_refusal(refusal), status=413 if refusal.code == "size" else 422)
    except RequestDataTooBig:
        text = gettext("The pasted text is larger than 1 MB. Nothing was changed. Save it as a file and upload that.")
        return _refused(request, text, status=413)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    asked: PortalRequest = request  # type: ignore[assignment]  # decorated views are typed for any request
    form = ListForm(request.POST, request.FILES, actor=asked.actor)
    if not form.is_valid():
        return _page(asked, form, status=422)
    source, encoding = form.source()
    act = BulkAct(form.cleaned_data["act"])
    names = list(read_names(source, encoding=encoding))
    return to_job(draft_from_names(actor=asked.actor, act=act, names=names, now=clock.now()))


def _refused(request: PortalRequest, text: str, *, status: int) -> HttpResponse:
    """Answer with an empty form that says why what was sent was not taken."""
    form = ListForm({"act": BulkAct.RESET}, {}, actor=request.actor, refusal=text)
    form.is_valid()
    return _page(request, form, status=status)


def _page(request: PortalRequest, form: ListForm, *, status: int = 200) -> HttpResponse:
    return render(request, "passwords/bulk_list.html", {"form": form}, status=status)


def _too_often(limit: Throttled) -> str:
    text = gettext(
        "You have uploaded %(number)s files within an hour. Nothing was changed. Try again in %(minutes)s min."
    )
    return text % {"number": limit.limit.number, "minutes": -(-limit.retry_after // 60)}
