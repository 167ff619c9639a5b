"""People of one page as the grid and the picker show them, with what this reader may do to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from users.access import Decision, can_block, can_end_sessions, can_reset
from users.actors import Actor
from users.grid_cells import Cell, Cells, Sight, load_cells
from users.grid_columns import Column
from users.models import User
from users.permissions import Permission
from users.refusals import sentence
from users.role_names import role_name
from users.roles import Role, covering_roles
from users.selectors import list_holders
from users.targets import TargetFacts, load_facts

OF_ROLE = ("RESET_TARGET_", "NO_RIGHT_", "RESET_NO_ROLE")
"""Beginnings of refusals that another role would lift: only there it helps to know who holds one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person; each ``…_reason`` is empty where the reader may do it; one may never tick oneself.

    ``shows_contacts`` says that the cells hold contact data of this person unmasked.
    """

    user: User
    cells: tuple[Cell, ...]
    shows_contacts: bool
    tick_reason: str
    reset_reason: str
    block_reason: str
    sign_out_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who holds a role that would be enough."""

    role: Role
    names: str

    @property
    def label(self) -> str:
        """Return what the role is called in the active language."""
        return role_name(self.role)


def load_rows(
    people: Sequence[User], *, actor: Actor, columns: Sequence[Column], now: datetime
) -> tuple[list[Row], tuple[Holders, ...]]:
    """Read what the rows of a page need, and who could act where the reader's roles do not reach.

    Two queries beside those of the columns.
    """
    facts = load_facts(people)
    verdicts = {user.pk: can_reset(actor, facts[user.pk]) for user in people}
    cells = load_cells(see(people, facts=facts, verdicts=verdicts, actor=actor, now=now), columns)
    enough = {role for user in people for role in roles_that_would_do(verdicts[user.pk], facts[user.pk])}
    rows = [_row(user, facts[user.pk], verdicts[user.pk], actor=actor, cells=cells) for user in people]
    return rows, name_holders(enough, actor=actor)


def see(
    people: Sequence[User],
    *,
    facts: Mapping[UUID, TargetFacts],
    verdicts: Mapping[UUID, Decision],
    actor: Actor,
    now: datetime,
) -> Sight:
    """Return how a reader sees these people: contact data unmasked of those whom the reader could reset."""
    sees_all = actor.tenant.show_full_contact_to_readers
    open_to = {user.pk for user in people if sees_all or verdicts[user.pk].allowed}
    return Sight(people=people, facts=facts, open_to=open_to, actor=actor, now=now)


def roles_that_would_do(decision: Decision, target: TargetFacts) -> set[Role]:
    """Return the roles that reach a target which this decision put out of reach; none for other kinds of refusal."""
    if decision.allowed or not decision.code.startswith(OF_ROLE):
        return set()
    return set(covering_roles(target.held))


def name_holders(roles: Iterable[Role], *, actor: Actor) -> tuple[Holders, ...]:
    """Return who holds these roles, for a reader who may read people; at most one query."""
    wanted = set(roles)
    if not wanted or not actor.may(Permission.USER_READ):
        return ()
    named = list_holders(wanted)
    return tuple(Holders(role=role, names=", ".join(named[role])) for role in sorted(wanted) if named.get(role))


def _row(user: User, facts: TargetFacts, verdict: Decision, *, actor: Actor, cells: Cells) -> Row:
    return Row(
        user=user,
        cells=cells.of[user.pk],
        shows_contacts=user.pk in cells.opened,
        tick_reason=gettext("What is done to many people leaves yourself out.") if user.pk == actor.id else "",
        reset_reason=sentence(verdict),
        block_reason=sentence(can_block(actor, facts)),
        sign_out_reason=sentence(can_end_sessions(actor, facts)),
    )
