"""What leads from the list of people to the same list seen otherwise: its views, the heads of columns, its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.actors import Actor
from users.grid import Page, Wanted
from users.grid_columns import COLUMNS, Column
from users.grid_order import Order
from users.grid_query import with_query
from users.grid_views import LABELS, View, default_view, list_views

FIRST_VIEWS: Final = (View.MY_UNITS, View.ALL, View.BLOCKED, View.MUST_CHANGE, View.NEVER_ISSUED)
"""Views that stand in sight; the others are in the menu beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Head of a column; ``url`` is empty where it does not sort."""

    label: str | Promise
    url: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One of the standard views."""

    label: str | Promise
    url: str
    is_current: bool


def name_heading(query: QueryDict, wanted: Wanted) -> Heading:
    """Return the head of the first column."""
    return _heading(query, wanted, label=_("Display name"), sort="name")


def column_headings(query: QueryDict, wanted: Wanted, columns: Sequence[Column]) -> list[Heading]:
    """Return the heads of the other columns."""
    facts = [COLUMNS[column] for column in columns]
    return [_heading(query, wanted, label=each.label, sort=each.sort) for each in facts]


def view_tabs(query: QueryDict, wanted: Wanted, *, actor: Actor) -> tuple[list[Tab], list[Tab]]:
    """Return the views in sight, the current one among them, and those of the menu."""
    views = list_views(actor)
    first = [view for view in views if view in FIRST_VIEWS or view is wanted.view]
    usual = default_view(actor)
    tabs = {view: _tab(query, view, wanted=wanted, usual=usual) for view in views}
    return [tabs[view] for view in first], [tabs[view] for view in views if view not in first]


def list_addresses(query: QueryDict, wanted: Wanted, page: Page) -> dict[str, str]:
    """Return where the list leads: to itself, to its other pages, to everybody, and to an exact count."""
    url = reverse("users:active")
    return {
        "list_url": url,
        "all_url": with_query(url, QueryDict(), view=View.ALL),
        "here_url": with_query(url, query),
        "columns_url": f"{reverse('users:columns')}?{urlencode({'next': with_query(url, query)})}",
        "exact_url": with_query(url, query, count="exact") if page.has_more else "",
        "unsearched_url": with_query(url, query, search="", select="", after="", before=""),
        "first_url": with_query(url, query, after="", before="") if wanted.place else "",
        "previous_url": with_query(url, query, after="", before=page.previous) if page.previous else "",
        "next_url": with_query(url, query, after=page.next, before="") if page.next else "",
    }


def _heading(query: QueryDict, wanted: Wanted, *, label: str | Promise, sort: str) -> Heading:
    if not sort:
        return Heading(label=label, url="", direction="")
    is_current = wanted.order.sort == sort
    order = Order(sort=sort, descending=is_current and not wanted.order.descending)
    return Heading(
        label=label,
        url=with_query(reverse("users:active"), query, sort=str(order), after="", before=""),
        direction=("descending" if wanted.order.descending else "ascending") if is_current else "",
    )


def _tab(query: QueryDict, view: View, *, wanted: Wanted, usual: View) -> Tab:
    named = "" if view is usual else view
    return Tab(
        label=LABELS[view],
        url=with_query(reverse("users:active"), query, view=named, select="", after="", before=""),
        is_current=view is wanted.view,
    )
