"""People of one page as the grid and the picker show them, with what this reader may do to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext

from users.access import Decision, can_block, can_end_sessions, can_reset
from users.actors import Actor
from users.models import LicenceAssignment, User
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
    """One person; each ``…_reason`` is empty where the reader may do it; one may never tick oneself."""

    user: User
    licences: str
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


def load_rows(people: Sequence[User], *, actor: Actor) -> tuple[list[Row], tuple[Holders, ...]]:
    """Read what the rows of a page need, and who could act where the reader's roles do not reach; five queries."""
    facts = load_facts(people)
    licences = _licences(people)
    rows, enough = [], set[Role]()
    for user in people:
        verdict = can_reset(actor, facts[user.pk])
        enough |= roles_that_would_do(verdict, facts[user.pk])
        rows.append(_row(user, facts[user.pk], verdict, actor=actor, licences=licences.get(user.pk, "")))
    return rows, name_holders(enough, actor=actor)


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


def _row(user: User, facts: TargetFacts, verdict: Decision, *, actor: Actor, licences: str) -> Row:
    return Row(
        user=user,
        licences=licences,
        tick_reason=gettext("What is done to many people leaves yourself out.") if user.pk == actor.id else "",
        reset_reason=sentence(verdict),
        block_reason=sentence(can_block(actor, facts)),
        sign_out_reason=sentence(can_end_sessions(actor, facts)),
    )


def _licences(people: Sequence[User]) -> dict[UUID, str]:
    held: dict[UUID, list[str]] = defaultdict(list)
    rows = LicenceAssignment.objects.filter(user__in=people).values_list("user_id", "product__name")
    for user_id, product in rows.order_by("product__name"):
        held[user_id].append(product)
    return {user_id: ", ".join(products) for user_id, products in held.items()}
