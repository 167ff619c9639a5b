"""Why, or why not: the verdict of the rules for any two people, with the rule and the smallest role that would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from users.access import Decision, can_block, can_end_sessions, can_reset
from users.actors import Actor
from users.grid_rows import roles_that_would_do
from users.models import User
from users.refusals import ROLE_VALUES, sentence
from users.resetters import Resetters, list_resetters
from users.role_names import role_list, role_name, translate_names
from users.roles import COVERS, COVERS_IN_UNIT, Role, Standing
from users.targets import TargetFacts

QUESTIONS: Final[dict[Callable[[Actor, TargetFacts], Decision], Promise]] = {
    can_reset: _("Reset the password"),
    can_block: _("Block or unblock sign-in"),
    can_end_sessions: _("Sign out everywhere"),
}
"""What is asked of the two, in this order."""

OF_A_THIRD: Final[dict[str, Promise]] = {
    "RESET_SELF": _("%(actor)s uses My account or Forgot password for a password of their own."),
    "BLOCK_SELF": _("%(actor)s cannot block their own sign-in."),
    "SIGN_OUT_SELF": _("%(actor)s uses Sign out everywhere in My account."),
    "RESET_NO_ROLE": _("No role of %(actor)s may reset passwords."),
    "NO_RIGHT_USER_BLOCK": _("No role of %(actor)s may block or unblock sign-in."),
    "NO_RIGHT_SESSION_END": _("No role of %(actor)s may sign people out."),
    "RESET_TARGET_ROLE": _("%(user)s holds %(role)s, and the role %(best)s of %(actor)s does not cover that."),
    "RESET_TARGET_SPLIT": _("%(user)s holds several roles, and no single role of %(actor)s covers all: %(list)s."),
    "RESET_TARGET_UNKNOWN_ROLE": _("%(user)s holds a custom or unknown role, which no role of %(actor)s covers."),
    "RESET_TARGET_RA_GROUP": _(
        "%(user)s belongs to or owns the role-assignable group %(group)s, which no role of %(actor)s covers."
    ),
    "RESET_TARGET_OUTSIDE_UNIT": _(
        "%(user)s is outside the administrative units that the roles of %(actor)s are limited to: %(units)s."
    ),
}
"""Sentences of refusals about somebody else; the reader's own are in ``users.refusals``."""

_KEPT_ELSEWHERE: Final = _("A password is reset where it is kept.")
_ONE_ROLE: Final = _("One role must cover everything that the other person holds.")
_TWO_LARGEST: Final = _("Only the two largest roles, Global and Privileged Authentication Administrator, reach there.")
RULES: Final[dict[str, Promise]] = {
    "": _ONE_ROLE,
    "RESET_SELF": _("Nobody acts on themself here."),
    "BLOCK_SELF": _("Nobody acts on themself here."),
    "SIGN_OUT_SELF": _("Nobody acts on themself here."),
    "RESET_NO_ROLE": _("Only six roles reset passwords."),
    "NO_RIGHT_USER_BLOCK": _("Only four of the six roles that reset passwords block sign-in."),
    "NO_RIGHT_SESSION_END": _("Only five of the six roles that reset passwords sign people out."),
    "RESET_TARGET_ROLE": _ONE_ROLE,
    "RESET_TARGET_SPLIT": _("Two roles that cover half each do not add up."),
    "RESET_TARGET_UNKNOWN_ROLE": _TWO_LARGEST,
    "RESET_TARGET_RA_GROUP": _TWO_LARGEST,
    "RESET_TARGET_OUTSIDE_UNIT": _("A role over an administrative unit reaches the people of that unit alone."),
    "RESET_GUEST": _KEPT_ELSEWHERE,
    "RESET_FEDERATED": _KEPT_ELSEWHERE,
    "RESET_SYNCED_NO_WRITEBACK": _KEPT_ELSEWHERE,
}
"""The rule behind each code, in general; the empty code stands for what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The verdict on one question: sentence, rule, code of a refusal, and the role and unit that give the right."""

    question: str
    allowed: bool
    code: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverRow:
    """One role of the actor and, for each thing that the target holds, whether it covers it."""

    label: str
    cells: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Everything that the page says of the two; ``smallest`` is the role that would do, ``resetters`` who has one."""

    actor: User
    target: User
    answers: tuple[Answer, ...]
    held: tuple[str, ...]
    covers: tuple[CoverRow, ...]
    smallest: str
    resetters: Resetters | None
    is_actor_out: bool
    needs_proof: bool


def explain(*, asked: Actor, target: TargetFacts) -> Explained:
    """Ask every question of the two and say why; who could is named where another role would do, in two queries."""
    decisions = {question: question(asked, target) for question in QUESTIONS}
    reset = decisions[can_reset]
    enough = [role for role in COVERS if role in roles_that_would_do(reset, target)]
    held = sorted(target.held or {Standing.NONE}, key=role_name)
    return Explained(
        actor=asked.user,
        target=target.user,
        answers=tuple(_answer(QUESTIONS[question], decision, asked) for question, decision in decisions.items()),
        held=tuple(role_list(target.held)),
        covers=_covers(asked, target, held) if not _is_about_oneself(reset) else (),
        smallest=role_name(enough[0]) if enough else "",
        resetters=list_resetters(target.user) if enough else None,
        is_actor_out=not asked.user.account_enabled,
        needs_proof=reset.allowed and target.holds_role,
    )


def _answer(question: Promise, decision: Decision, asked: Actor) -> Answer:
    text = _by_which(decision, asked) if decision.allowed else _of_a_third(decision, asked)
    rule = RULES.get(decision.code, "")
    return Answer(question=str(question), allowed=decision.allowed, code=decision.code, rule=str(rule), text=text)


def _by_which(decision: Decision, asked: Actor) -> str:
    values = {
        "actor": asked.display_name,
        "role": role_name(decision.acting_role) if decision.acting_role else "",
        "unit": decision.acting_unit,
    }
    if decision.acting_unit:
        return gettext("%(actor)s may, as %(role)s over the administrative unit %(unit)s.") % values
    return gettext("%(actor)s may, as %(role)s.") % values


def _of_a_third(decision: Decision, asked: Actor) -> str:
    words = OF_A_THIRD.get(decision.code)
    if words is None:
        return sentence(decision)
    values = {key: translate_names(value) if key in ROLE_VALUES else value for key, value in decision.values.items()}
    return str(words) % {**values, "actor": asked.display_name}


def _covers(asked: Actor, target: TargetFacts, held: list[Role | Standing]) -> tuple[CoverRow, ...]:
    """Return what each role of the actor covers: those over the tenant, and those over units that the target is in."""
    rows = [CoverRow(label=role_name(role), cells=_cells(COVERS[role], held)) for role in COVERS if role in asked.roles]
    for unit_id in sorted(target.unit_ids & asked.unit_roles.keys()):
        for role in (role for role in COVERS_IN_UNIT if role in asked.unit_roles[unit_id]):
            label = f"{role_name(role)} ({asked.unit_names[unit_id]})"
            rows.append(CoverRow(label=label, cells=_cells(COVERS_IN_UNIT[role], held)))
    return tuple(rows)


def _cells(covered: frozenset[Role | Standing], held: list[Role | Standing]) -> tuple[bool, ...]:
    return tuple(one in covered for one in held)


def _is_about_oneself(decision: Decision) -> bool:
    return decision.code == "RESET_SELF"
