"""The address of a list of people: what it asks for, and addresses that ask for something else."""

from __future__ import annotations

from datetime import datetime

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext

from users.access import may_search_contacts
from users.actors import Actor
from users.grid import COUNTED, PAGE_ROWS, Page, Wanted
from users.grid_order import BadPlace, Order, Place
from users.grid_views import View, list_views, reading_of
from users.search import LONGEST_SEARCH, SearchTooLong, words_of

PASSING = ("user", "users", "act", "count", "csrfmiddlewaretoken")
"""Parts of an address that belong to one request only."""

EVERYONE = "all"
"""Value of ``select`` that means everyone of the search and the view, not the ticked ones."""


class BadQuery(Exception):
    """The address asks for something that cannot be; its text is the sentence that says what."""


def read_wanted(
    query: QueryDict, *, actor: Actor, now: datetime, rows: int = PAGE_ROWS, usual: View = View.ALL
) -> Wanted:
    """Read what a list of people is asked for; ``usual`` is the view of an address that names none.

    Alternate addresses are searched where this reader may, and the views are those that this reader is offered.

    :raises BadQuery: when a part of it cannot be.
    """
    search = query.get("search", "")
    try:
        order, view = Order.parse(query.get("sort", "")), _view(query.get("view") or usual, actor)
    except ValueError:
        raise BadQuery(gettext("There is no such view or order. All users are shown.")) from None
    try:
        words = words_of(search)
    except SearchTooLong:
        sentence = gettext("Search for at most %(most)s characters. Nothing was searched; all users are shown.")
        raise BadQuery(sentence % {"most": LONGEST_SEARCH}) from None
    try:
        after, before = (_place(query.get(key, ""), order) for key in ("after", "before"))
    except BadPlace:
        raise BadQuery(gettext("This link to a page of the list is broken. The first page is shown.")) from None
    return Wanted(
        words=words if words or not search.strip() else None,
        view=view,
        order=order,
        after=after,
        before=None if after else before,
        exact=query.get("count") == "exact" or query.get("select") == EVERYONE,
        rows=rows,
        in_contacts=may_search_contacts(actor),
        reading=reading_of(actor, now=now),
    )


def with_query(url: str, query: QueryDict, **changes: str) -> str:
    """Return an address with this query, changed; without its empty and its passing parts."""
    kept = {key: query.get(key, "") for key in query if key not in PASSING}
    changed = QueryDict(mutable=True)
    changed.update({key: value for key, value in {**kept, **changes}.items() if value})
    return f"{url}?{changed.urlencode()}" if changed else url


def count_words(page: Page) -> str:
    """Return the count as it is read: a number, or 1,000+ where it was not counted on."""
    number = number_format(COUNTED if page.has_more else page.count, force_grouping=True, use_l10n=True)
    return f"{number}+" if page.has_more else number


def _view(text: str, actor: Actor) -> View:
    view = View(text)
    if view not in list_views(actor):
        raise ValueError(view)
    return view


def _place(text: str, order: Order) -> Place | None:
    return Place.parse(text, order) if text else None
