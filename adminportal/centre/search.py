"""The search of the top bar: people, groups, roles, pages with settings, and commands that this reader may use."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from adminportal.centre.search_commands import Command, find_page_commands, find_people_commands, read_command
from adminportal.centre.search_hits import FIRST_HITS, Hit, Part
from adminportal.centre.search_places import find_places
from users.actors import Actor
from users.directory_lists import find_groups
from users.grid import PAGE_ROWS, read_page
from users.grid_query import read_wanted
from users.grid_views import default_view
from users.models import User
from users.permissions import Permission
from users.role_rows import find_roles
from users.search import words_of


def find_everywhere(request: HttpRequest, typed: str, *, actor: Actor, now: datetime) -> list[Part]:
    """Return what is found, under the headings that have anything; at most six queries, inside the scope.

    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    words = words_of(typed)
    if not words:
        return []
    command, named = read_command(words)
    sought = " ".join(named) if command else typed
    people = _people(sought, actor=actor, now=now)
    parts = (
        _commands(command, words, people, actor=actor),
        _users(sought, people),
        _groups(typed, actor),
        _roles(typed, actor),
        Part(heading=_("Settings & pages"), icon="settings", hits=find_places(request, actor, words)),
    )
    return [part for part in parts if part.hits]


def _people(sought: str, *, actor: Actor, now: datetime) -> list[User]:
    """Return those whom Active users shows on its first page for the same search."""
    if not actor.may(Permission.USER_READ):
        return []
    query = QueryDict(urlencode({"search": sought}))
    return read_page(read_wanted(query, actor=actor, now=now, rows=PAGE_ROWS, usual=default_view(actor))).people


def _commands(command: Command | None, words: tuple[str, ...], people: list[User], *, actor: Actor) -> Part:
    to_people = find_people_commands(command, people, actor=actor)[:FIRST_HITS] if command and people else []
    return Part(heading=_("Commands"), icon="chevron-right", hits=to_people + find_page_commands(words, actor=actor))


def _users(sought: str, people: list[User]) -> Part:
    hits = [
        Hit(
            label=user.display_name,
            url=reverse("users:panel", args=[user.pk]),
            note=user.user_principal_name,
            in_panel=True,
        )
        for user in people[:FIRST_HITS]
    ]
    return Part(heading=_("Users"), icon="people", hits=hits, more_url=_whole_list("users:active", sought))


def _groups(typed: str, actor: Actor) -> Part:
    found = find_groups(typed, rows=FIRST_HITS) if actor.may(Permission.USER_READ) else []
    hits = [Hit(label=group.name, url=reverse("users:group", args=[group.pk])) for group in found]
    return Part(heading=_("Groups"), icon="group", hits=hits, more_url=_whole_list("users:groups", typed))


def _roles(typed: str, actor: Actor) -> Part:
    found = find_roles(typed)[:FIRST_HITS] if actor.may(Permission.ROLE_READ) else []
    hits = [Hit(label=row.name, url=reverse("users:role", args=[row.template_id]), note=row.category) for row in found]
    return Part(heading=_("Roles"), icon="role", hits=hits, more_url=_whole_list("users:roles", typed))


def _whole_list(route: str, sought: str) -> str:
    return f"{reverse(route)}?{urlencode({'search': sought})}"
