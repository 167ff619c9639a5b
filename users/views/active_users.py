"""Active users: the list of people with search, views, order, chosen columns and paging by key."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from adminportal import clock
from users.access import Permission, requires
from users.grid import Page, Wanted, read_page
from users.grid_columns import columns_of
from users.grid_links import column_headings, list_addresses, name_heading, view_tabs
from users.grid_query import EVERYONE, BadQuery, count_words, read_wanted, with_query
from users.grid_rows import Row, load_rows
from users.grid_selection import MOST_TICKS, count_everyone, list_commands
from users.grid_views import View, default_view
from users.request import PortalRequest
from users.services.contact_views import note_contact_views


@requires(Permission.USER_READ)
@require_safe
def active(request: PortalRequest) -> HttpResponse:
    """Show one page of the people of the tenant."""
    return show_people(request, request.GET)


def show_people(request: PortalRequest, query: QueryDict, *, problem: str = "", status: int = 422) -> HttpResponse:
    """Answer with the page that the query asks for, and with what was wrong with a request, if anything was."""
    now, usual = clock.now(), default_view(request.actor)
    try:
        wanted = read_wanted(query, actor=request.actor, now=now, usual=usual)
    except BadQuery as bad:
        query, wanted, problem = QueryDict("" if usual is View.ALL else f"view={View.ALL}"), Wanted(), str(bad)
    page, columns = read_page(wanted), columns_of(request.actor.user)
    rows, holders = load_rows(page.people, actor=request.actor, columns=columns, now=now)
    _note_opened(request, rows)
    tabs, more_tabs = view_tabs(query, wanted, actor=request.actor)
    context = {
        "rows": rows,
        "has_reader": any(row.tick_reason for row in rows),
        "holders": holders,
        "problem": problem,
        "search": query.get("search", ""),
        # Named wherever the reader's usual view is not everybody: what is sent back says it itself.
        "view": "" if wanted.view is usual is View.ALL else wanted.view,
        "sort": query.get("sort", ""),
        "after": query.get("after", ""),
        "before": query.get("before", ""),
        "is_searched": wanted.words != (),
        "is_narrowed": wanted.is_narrowed,
        "name_heading": name_heading(query, wanted),
        "headings": column_headings(query, wanted, columns),
        "tabs": tabs,
        "more_tabs": more_tabs,
        "count": count_words(page),
        "total": page.count,
        "has_more": page.has_more,
        "add_reason": _add_reason(request),
        **_selection(request, query, wanted, page),
        **list_addresses(query, wanted, page),
    }
    return render(request, "users/active.html", context, status=status if problem else 200)


def _note_opened(request: PortalRequest, rows: list[Row]) -> None:
    opened = [row.user for row in rows if row.shows_contacts]
    if opened and request.method != "HEAD":
        note_contact_views(opened, actor=request.actor, entrance="list", now=clock.now())


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


def _add_reason(request: PortalRequest) -> str:
    if request.actor.may(Permission.USER_CREATE):
        return ""
    return gettext("None of your roles may add people. User Administrator is the smallest role that may.")
