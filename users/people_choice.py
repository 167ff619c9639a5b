"""People to choose from: one page to tick, or a few to pick one of, found by a search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext

from users.actors import Actor
from users.grid import Wanted, read_page
from users.grid_query import BadQuery, count_words, read_wanted, with_query
from users.models import User
from users.search import SearchTooLong, words_of

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


def find_people(search: str, *, rows: int) -> tuple[list[User], str]:
    """Return the first people that a search finds, or a sentence where it is too long; inside the scope."""
    try:
        return (read_page(Wanted(words=words_of(search), rows=rows)).people if search else []), ""
    except SearchTooLong:
        return [], gettext("That search is too long. Nobody was searched for.")


def find_person(typed: str) -> tuple[User | None, str]:
    """Return the person of an id that came back, or a sentence where there is none; inside the scope."""
    if not typed:
        return None, ""
    try:
        user = User.objects.filter(pk=UUID(typed), deleted_at=None).first()
    except ValueError:
        user = None
    return user, "" if user else gettext("There is no such person.")
