"""Commands typed into the search of the top bar, as "reset anna": in the reader's language and in English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from adminportal.centre.search_hits import Hit, is_said
from users.access import can_block, can_reset
from users.act_rules import Rule
from users.actors import Actor
from users.models import User
from users.permissions import Permission
from users.search import words_of
from users.targets import TargetFacts, load_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What can be done to the people who are named after it; its first word begins it."""

    label: str | Promise
    told: str | Promise
    route: str
    permission: Permission
    may: Rule
    of_allowed: bool = False

    def reaches(self, actor: Actor, target: TargetFacts) -> bool:
        """Tell whether the reader may do it to this person and it would change anything."""
        return self.may(actor, target).allowed and (target.user.account_enabled or not self.of_allowed)


COMMANDS: Final = (
    Command(
        label=_("Reset password"),
        told=_("Reset password of %(name)s"),
        route="passwords:reset",
        permission=Permission.PASSWORD_RESET,
        may=can_reset,
    ),
    Command(
        label=_("Block sign-in"),
        told=_("Block sign-in of %(name)s"),
        route="users:block",
        permission=Permission.USER_BLOCK,
        may=can_block,
        of_allowed=True,
    ),
)
PAGES: Final = (
    (_("Add user"), "passwords:add-user", Permission.USER_CREATE),
    (_("Add multiple users"), "users:import", Permission.USER_CREATE),
)


def read_command(words: tuple[str, ...]) -> tuple[Command | None, tuple[str, ...]]:
    """Return the command that these words begin with, if any, and the words that name people."""
    for command in COMMANDS:
        for label, told in zip(_tongues(command.label), _tongues(command.told), strict=True):
            spoken = words_of(label)
            named = tuple(word for word in words[1:] if word not in (*spoken, *words_of(told % {"name": ""})))
            if words[:1] == spoken[:1] and named:
                return command, named
    return None, words


def find_people_commands(command: Command, people: Sequence[User], *, actor: Actor) -> list[Hit]:
    """Return the command for each of these people to whom the reader may do it; one query, inside the scope."""
    if not actor.may(command.permission):
        return []
    facts = load_facts(people)
    return [
        Hit(
            label=str(command.told) % {"name": user.display_name},
            url=reverse(command.route, args=[user.pk]),
            note=user.user_principal_name,
            in_panel=True,
        )
        for user in people
        if command.reaches(actor, facts[user.pk])
    ]


def find_page_commands(words: tuple[str, ...], *, actor: Actor) -> list[Hit]:
    """Return the commands without a person that match and that the reader may use; no query."""
    return [
        Hit(label=str(label), url=reverse(route))
        for label, route, permission in PAGES
        if actor.may(permission) and any(is_said(words, text) for text in _tongues(label))
    ]


def _tongues(text: str | Promise) -> Iterator[str]:
    yield str(text)
    with override("en"):
        english = str(text)
    yield english
