"""Active users: the list of people with search, views, order and paging by key."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from users.access import Permission, may_search_contacts, requires
from users.grid import Page, View, Wanted, read_page
from users.grid_order import Order
from users.grid_query import EVERYONE, BadQuery, count_words, read_wanted, with_query
from users.grid_rows import load_rows
from users.grid_selection import MOST_TICKS, count_everyone, list_commands
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
    return show_people(request, request.GET)


def show_people(request: PortalRequest, query: QueryDict, *, problem: str = "", status: int = 422) -> HttpResponse:
    """Answer with the page that the query asks for, and with what was wrong with a request, if anything was."""
    try:
        wanted = read_wanted(query, in_contacts=may_search_contacts(request.actor))
    except BadQuery as bad:
        query, wanted, problem = QueryDict(), Wanted(), str(bad)
    page = read_page(wanted)
    rows, holders = load_rows(page.people, actor=request.actor)
    context = {
        "rows": rows,
        "has_reader": any(row.tick_reason for row in rows),
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
        **_selection(request, query, wanted, page),
        **_addresses(query, wanted, page),
    }
    return render(request, "users/active.html", context, status=status if problem else 200)


def _selection(request: PortalRequest, query: QueryDict, wanted: Wanted, page: Page) -> dict[str, object]:
    bar, menu = list_commands(request.actor)
    is_everyone = query.get("select") == EVERYONE and page.count > 0
    url = reverse("users:active")
    return {
        "bar": bar,
        "menu": menu,
        "everyone": count_everyone(wanted, page, actor=request.actor) if is_everyone else None,
        "everyone_url": with_query(url, query, select=EVERYONE),
        "nobody_url": with_query(url, query, select=""),
        "store": f"ticks-{request.actor.id}",
        "most_ticks": MOST_TICKS,
    }


def _addresses(query: QueryDict, wanted: Wanted, page: Page) -> dict[str, str]:
    url = reverse("users:active")
    return {
        "list_url": url,
        "here_url": with_query(url, query),
        "exact_url": with_query(url, query, count="exact") if page.has_more else "",
        "unsearched_url": with_query(url, query, search="", select="", after="", before=""),
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
            url=with_query(url, query, view="" if view is View.ALL else view, select="", after="", before=""),
            is_current=view is wanted.view,
        )
        for view, label in VIEW_LABELS.items()
    ]


def _add_reason(request: PortalRequest) -> str:
    if request.actor.may(Permission.USER_CREATE):
        return ""
    return gettext("None of your roles may add people. User Administrator is the smallest role that may.")
