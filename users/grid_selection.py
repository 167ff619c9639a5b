"""What can be done to several people of the grid at once, and everyone of a filter as one selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.access import Decision
from users.actors import Actor
from users.grid import Page, Wanted, people_of
from users.permissions import Permission
from users.refusals import sentence

MOST_TICKS: Final = 5_000
"""Most people that are ticked one by one; more are chosen as everyone of a filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the selection bar; ``reason`` is empty where the reader may give it.

    ``room`` names how wide the window must be for it to stand in the bar and not behind "More"; empty is always.
    """

    act: str
    label: str | Promise
    icon: str
    reason: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Everyone:
    """Everyone of a filter without the reader; ``leaves_out_reader`` when the filter finds the reader too."""

    count: int
    leaves_out_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    act: str
    label: Promise
    icon: str
    right: Permission = Permission.PASSWORD_RESET
    refusal: str = "RESET_NO_ROLE"
    room: str = "wide"


_BAR: Final = (
    _Row(act="reset", label=_("Reset password"), icon="key", room=""),
    _Row(act="force_change", label=_("Force a password change"), icon="clock"),
    _Row(
        act="block",
        label=_("Block sign-in"),
        icon="block",
        right=Permission.USER_BLOCK,
        refusal="NO_RIGHT_USER_BLOCK",
    ),
    _Row(
        act="allow",
        label=_("Allow sign-in"),
        icon="check",
        room="widest",
        right=Permission.USER_BLOCK,
        refusal="NO_RIGHT_USER_BLOCK",
    ),
    _Row(
        act="sign_out",
        label=_("Sign out everywhere"),
        icon="sign-out",
        right=Permission.SESSION_END,
        refusal="NO_RIGHT_SESSION_END",
    ),
)
_MENU: Final = (
    _Row(act="never_expires", label=_("Set password never expires"), icon="lock"),
    _Row(act="expires", label=_("Clear password never expires"), icon="unlock"),
    _Row(act="strong_optional", label=_("Set strong password not required"), icon="x"),
    _Row(act="strong_required", label=_("Clear strong password not required"), icon="shield"),
)
LABELS: Final[dict[str, Promise]] = {row.act: row.label for row in (*_BAR, *_MENU)}
"""What each act that can be done to many is called."""


def list_commands(actor: Actor) -> tuple[list[Command], list[Command]]:
    """Return the commands of the selection bar and those behind its "More"; a missing right gives its reason."""
    return [_command(row, actor) for row in _BAR], [_command(row, actor) for row in _MENU]


def count_everyone(wanted: Wanted, page: Page, *, actor: Actor) -> Everyone:
    """Return everyone of a page that was counted exactly; one query."""
    finds_reader = people_of(wanted).filter(pk=actor.id).exists()
    return Everyone(count=page.count - finds_reader, leaves_out_reader=finds_reader)


def refusal_of(act: str, actor: Actor) -> str:
    """Return why no role of the actor allows this act at all; empty where one does.

    :raises KeyError: when there is no such act.
    """
    return {row.act: _command(row, actor) for row in (*_BAR, *_MENU)}[act].reason


def _command(row: _Row, actor: Actor) -> Command:
    reason = "" if actor.may(row.right) else sentence(Decision(allowed=False, code=row.refusal))
    return Command(act=row.act, label=row.label, icon=row.icon, reason=reason, room=row.room)
