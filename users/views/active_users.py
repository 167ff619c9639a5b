"""Active users: the list of people with search, views, order and paging by key."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from users.access import Permission, requires
from users.grid import Page, View, Wanted, read_page
from users.grid_order import Order
from users.grid_query import BadQuery, count_words, read_wanted, with_query
from users.grid_rows import load_rows
from users.request import PortalRequest

VIEW_LABELS: dict[View, str | Promise] = {
    View.ALL: _("All users"),
    View.BLOCKED: _("Sign-in blocked"),
    View.MUST_CHANGE: _("Must change password"),
    View.NEVER_ISSUED: _("Password never issued"),
}
SORT_LABELS: dict[str, str | Promise] = {
    "name": _("Display name"),
    "username": _("Username"),
    "status": _("Sign-in status"),
    "changed": _("Last password change"),
}
ACTS = {
    "reset": "passwords:reset",
    "block": "users:block",
    "allow": "users:allow",
    "signout": "users:signout-person",
}
"""What the command bar does with the ticked person: each leads to a page that asks before it changes anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Head of a column that sorts."""

    label: str | Promise
    url: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One of the standard views."""

    label: str | Promise
    url: str
    is_current: bool


@requires(Permission.USER_READ)
@require_safe
def active(request: PortalRequest) -> HttpResponse:
    """Show one page of the people of the tenant."""
    return _list(request)


@requires(Permission.USER_READ)
@require_safe
def selected(request: PortalRequest) -> HttpResponse:
    """Lead from the ticked row to what the command bar shall do with it; changes nothing by itself."""
    act, ticked = request.GET.get("act", ""), request.GET.getlist("user")
    if act not in ACTS or len(ticked) != 1:
        return _list(request, problem=gettext("Tick exactly one person, then choose what to do. Nothing was changed."))
    try:
        return HttpResponseRedirect(reverse(ACTS[act], args=[UUID(ticked[0])]))
    except ValueError:
        return _list(request, problem=gettext("There is no such person. Nothing was changed."))


def _list(request: PortalRequest, *, problem: str = "") -> HttpResponse:
    query = request.GET
    try:
        wanted = read_wanted(query, in_contacts=request.actor.may(Permission.PASSWORD_RESET))
    except BadQuery as bad:
        query, wanted, problem = QueryDict(), Wanted(), str(bad)
    page = read_page(wanted)
    rows, holders = load_rows(page.people, actor=request.actor)
    context = {
        "rows": rows,
        "holders": holders,
        "problem": problem,
        "search": query.get("search", ""),
        "view": query.get("view", ""),
        "sort": query.get("sort", ""),
        "after": query.get("after", ""),
        "before": query.get("before", ""),
        "is_searched": wanted.words != (),
        "is_narrowed": wanted.is_narrowed,
        "headings": _headings(query, wanted),
        "tabs": _tabs(query, wanted),
        "count": count_words(page),
        "total": page.count,
        "has_more": page.has_more,
        "add_reason": _add_reason(request),
        **_addresses(query, wanted, page),
    }
    return render(request, "users/active.html", context, status=422 if problem else 200)


def _addresses(query: QueryDict, wanted: Wanted, page: Page) -> dict[str, str]:
    url = reverse("users:active")
    return {
        "list_url": url,
        "here_url": with_query(url, query),
        "exact_url": with_query(url, query, count="exact") if page.has_more else "",
        "unsearched_url": with_query(url, query, search="", after="", before=""),
        "first_url": with_query(url, query, after="", before="") if wanted.place else "",
        "previous_url": with_query(url, query, after="", before=page.previous) if page.previous else "",
        "next_url": with_query(url, query, after=page.next, before="") if page.next else "",
    }


def _headings(query: QueryDict, wanted: Wanted) -> dict[str, Heading]:
    headings = {}
    for sort, label in SORT_LABELS.items():
        is_current = wanted.order.sort == sort
        order = Order(sort=sort, descending=is_current and not wanted.order.descending)
        headings[sort] = Heading(
            label=label,
            url=with_query(reverse("users:active"), query, sort=str(order), after="", before=""),
            direction=("descending" if wanted.order.descending else "ascending") if is_current else "",
        )
    return headings


def _tabs(query: QueryDict, wanted: Wanted) -> list[Tab]:
    url = reverse("users:active")
    return [
        Tab(
            label=label,
            url=with_query(url, query, view="" if view is View.ALL else view, after="", before=""),
            is_current=view is wanted.view,
        )
        for view, label in VIEW_LABELS.items()
    ]


def _add_reason(request: PortalRequest) -> str:
    if request.actor.may(Permission.USER_CREATE):
        return ""
    return gettext("None of your roles may add people. User Administrator is the smallest role that may.")
