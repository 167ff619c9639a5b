"""The picker: whose password shall be reset."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from adminportal import clock
from users.access import Permission, can_reset, requires
from users.grid import Wanted, read_page
from users.grid_query import BadQuery, count_words, read_wanted, with_query
from users.grid_rows import load_rows
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.selectors import get_user
from users.targets import load_facts

ROWS = 20
"""People on one page of the picker."""
REFUSED_FORM = 422
"""Status of a page that comes back with what to do; htmx puts it into the panel, and no other refusal."""


@requires(Permission.PASSWORD_RESET)
@require_safe
def pick(request: PortalRequest) -> HttpResponse:
    """Let an administrator find a person and go on to the Reset password panel."""
    if "select" not in request.GET:
        return _picker(request)
    try:
        user_id = UUID(request.GET.get("user", ""))
    except ValueError:
        return _picker(request, problem=gettext("Choose a person first."), status=REFUSED_FORM)
    user = get_user(user_id)
    decision = can_reset(request.actor, load_facts([user])[user.pk])
    if not decision.allowed:
        return _picker(request, problem=sentence(decision), status=status_of(decision))
    return HttpResponseRedirect(reverse("passwords:reset", args=[user.pk]))


def _picker(request: PortalRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    query, now = request.GET, clock.now()
    try:
        wanted = read_wanted(query, actor=request.actor, now=now, rows=ROWS)
    except BadQuery as bad:
        query, wanted, problem, status = QueryDict(), Wanted(rows=ROWS), str(bad), REFUSED_FORM
    page = read_page(wanted)
    rows, holders = load_rows(page.people, actor=request.actor, columns=(), now=now)
    url = reverse("passwords:pick")
    in_panel = request.headers.get("HX-Target") == "panel"
    context = {
        "rows": rows,
        "holders": holders,
        "problem": problem,
        "search": query.get("search", ""),
        "count": count_words(page),
        "total": page.count,
        "has_more": page.has_more,
        "first_url": _address(url, query) if wanted.place else "",
        "previous_url": _address(url, query, before=page.previous) if page.previous else "",
        "next_url": _address(url, query, after=page.next) if page.next else "",
        "in_panel": in_panel,
    }
    template = "users/_picker.html" if in_panel else "users/picker.html"
    return render(request, template, context, status=REFUSED_FORM if in_panel and status >= 400 else status)


def _address(url: str, query: QueryDict, **place: str) -> str:
    return with_query(url, query, select="", **{"after": "", "before": "", **place})
