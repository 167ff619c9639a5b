"""People to tick: found by a search, with a mark on whoever is chosen already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import QueryDict

from users.actors import Actor
from users.grid import Wanted, read_page
from users.grid_query import BadQuery, count_words, read_wanted, with_query
from users.models import User

CHOICE_ROWS: Final = 20
"""People on one page of a choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One page of people to tick, the way through it, and what was wrong with the question, if anything was."""

    people: list[User]
    count: str
    total: int
    has_more: bool
    first_url: str
    previous_url: str
    next_url: str
    search: str
    problem: str = ""


def read_choice(url: str, query: QueryDict, *, actor: Actor, now: datetime) -> Choice:
    """Return the page that the query asks for; at most four queries, inside the scope."""
    problem = ""
    try:
        wanted = read_wanted(query, actor=actor, now=now, rows=CHOICE_ROWS)
    except BadQuery as bad:
        query, wanted, problem = QueryDict(), Wanted(rows=CHOICE_ROWS), str(bad)
    page = read_page(wanted)
    return Choice(
        people=page.people,
        count=count_words(page),
        total=page.count,
        has_more=page.has_more,
        first_url=with_query(url, query, after="", before="") if wanted.place else "",
        previous_url=with_query(url, query, after="", before=page.previous) if page.previous else "",
        next_url=with_query(url, query, after=page.next, before="") if page.next else "",
        search=query.get("search", ""),
        problem=problem,
    )
