"""Password requests: the queue of people who asked an administrator for help."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from passwords.models import RequestState
from passwords.request_queue import FILTERS, count_new, get_request, list_requests, view_of
from passwords.services.request import LONGEST_NOTE, RequestClosed, close, take
from users.access import Permission, requires
from users.request import PortalRequest

FILTER_WORDS: dict[str, str | Promise] = {
    "open": gettext_lazy("Open"),
    "done": gettext_lazy("Done"),
    "declined": gettext_lazy("Declined"),
    "all": gettext_lazy("All"),
}


@requires(Permission.PASSWORD_RESET)
@require_safe
def requests(request: PortalRequest) -> HttpResponse:
    """List the requests of people whom the reader may reset."""
    state = request.GET.get("state", "open")
    state = state if state in FILTERS else "open"
    after = request.GET.get("after", "")
    found = list_requests(actor=request.actor, state=state, after=after)
    page = {
        "rows": found.rows,
        "state": state,
        "filters": FILTER_WORDS.items(),
        "first_url": f"?state={state}" if after else "",
        "next_url": f"?state={state}&after={found.after}" if found.after else "",
    }
    return render(request, "passwords/requests.html", page)


@requires(Permission.PASSWORD_RESET)
@require_safe
def count(request: PortalRequest) -> HttpResponse:
    """Answer the number of new requests, for the navigation."""
    return render(request, "passwords/_request_count.html", {"number": count_new(request.actor)})


@requires(Permission.PASSWORD_RESET)
@require_safe
def one_request(request: PortalRequest, request_id: UUID) -> HttpResponse:
    """Show one request and what can be done about it."""
    return _page(request, request_id)


@requires(Permission.PASSWORD_RESET)
@require_POST
def take_request(request: PortalRequest, request_id: UUID) -> HttpResponse:
    """Say that the reader looks after this request."""
    try:
        take(get_request(request_id, actor=request.actor), actor=request.actor, now=clock.now())
    except RequestClosed:
        return _page(request, request_id, problem=_taken_meanwhile(), status=409)
    return HttpResponseRedirect(reverse("passwords:request", args=[request_id]))


@requires(Permission.PASSWORD_RESET)
@require_POST
def call_back_done(request: PortalRequest, request_id: UUID) -> HttpResponse:
    """Close a request: the person was called back and needs no reset."""
    return _close(request, request_id, RequestState.DONE, note=request.POST.get("note", "").strip())


@requires(Permission.PASSWORD_RESET)
@require_POST
def decline(request: PortalRequest, request_id: UUID) -> HttpResponse:
    """Close a request without a reset; the note says why."""
    note = request.POST.get("note", "").strip()
    if not note:
        return _page(request, request_id, note_error=_("Write why, so that your colleagues know."), status=422)
    return _close(request, request_id, RequestState.DECLINED, note=note)


def _close(request: PortalRequest, request_id: UUID, state: RequestState, *, note: str) -> HttpResponse:
    found = get_request(request_id, actor=request.actor)
    try:
        close(found, state=state, actor=request.actor, note=note, now=clock.now())
    except RequestClosed:
        return _page(request, request_id, problem=_taken_meanwhile(), status=409)
    return HttpResponseRedirect(reverse("passwords:requests"))


def _page(
    request: PortalRequest, request_id: UUID, *, problem: str = "", note_error: str = "", status: int = 200
) -> HttpResponse:
    found = get_request(request_id, actor=request.actor)
    page = {
        "view": view_of(found, actor=request.actor),
        "problem": problem,
        "note_error": note_error,
        "longest_note": LONGEST_NOTE,
    }
    return render(request, "passwords/request.html", page, status=status)


def _taken_meanwhile() -> str:
    return _("Somebody else was quicker. Nothing was changed; the page shows how things stand now.")
