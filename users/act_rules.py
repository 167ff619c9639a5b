"""What can be done to people beside a reset, as one table: who may, what it writes, what it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from adminportal.audit.tags import Activity
from users.access import Decision, can_block, can_end_sessions, can_reset
from users.actors import Actor
from users.targets import TargetFacts

Rule = Callable[[Actor, TargetFacts], Decision]


class Act(StrEnum):
    """One thing that is done to one or many people; the values are stored."""

    ALLOW = "allow"
    BLOCK = "block"
    EXPIRES = "expires"
    FORCE_CHANGE = "force_change"
    NEVER_EXPIRES = "never_expires"
    SIGN_OUT = "sign_out"
    STRONG_OPTIONAL = "strong_optional"
    STRONG_REQUIRED = "strong_required"
    UNLOCK = "unlock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRule:
    """What is true of one act.

    ``flag`` is the column that it turns to ``to`` and ``told`` how the audit log names the change: property, old and
    new value. ``obstacle`` is what stands against it though the actor may: the code of a refusal or nothing.
    ``of_password`` acts need a password that is kept here.
    """

    may: Rule
    activity: Activity
    flag: str = ""
    to: bool = False
    told: tuple[str, str, str] = ("", "", "")
    obstacle: Callable[[TargetFacts], str] = field(default=lambda target: "")
    of_password: bool = False
    ends_sessions: bool = False
    marks_sessions: bool = False
    ends_locks: bool = False
    withdraws_links: bool = False
    keeps_last_admin: bool = False


def is_never_issued(target: TargetFacts) -> str:
    """Refuse what needs a password that the person knows."""
    return "NEVER_ISSUED" if target.user.password_issued_at is None else ""


def has_role(target: TargetFacts) -> str:
    """Refuse what weakens the password of somebody who holds a role."""
    return "STRONG_FOR_ROLES" if target.holds_role else ""


_POLICIES: Final = "PasswordPolicies"
_NEVER_EXPIRES: Final = "DisablePasswordExpiration"
_STRONG_OPTIONAL: Final = "DisableStrongPassword"

RULES: Final[Mapping[Act, ActRule]] = {
    Act.BLOCK: ActRule(
        may=can_block,
        activity=Activity.DISABLE_ACCOUNT,
        flag="account_enabled",
        told=("AccountEnabled", "True", "False"),
        ends_sessions=True,
        withdraws_links=True,
        keeps_last_admin=True,
    ),
    Act.ALLOW: ActRule(
        may=can_block,
        activity=Activity.ENABLE_ACCOUNT,
        flag="account_enabled",
        to=True,
        told=("AccountEnabled", "False", "True"),
    ),
    Act.SIGN_OUT: ActRule(
        may=can_end_sessions, activity=Activity.SIGNED_OUT_OF_ALL_SESSIONS, ends_sessions=True, marks_sessions=True
    ),
    Act.UNLOCK: ActRule(may=can_reset, activity=Activity.ACCOUNT_UNLOCKED, ends_locks=True),
    Act.FORCE_CHANGE: ActRule(
        may=can_reset,
        activity=Activity.SET_FORCE_CHANGE_USER_PASSWORD,
        flag="must_change",
        to=True,
        told=("ForceChangePasswordNextSignIn", "False", "True"),
        obstacle=is_never_issued,
        of_password=True,
        ends_sessions=True,
        marks_sessions=True,
    ),
    Act.NEVER_EXPIRES: ActRule(
        may=can_reset,
        activity=Activity.UPDATE_USER,
        flag="password_never_expires",
        to=True,
        told=(_POLICIES, "", _NEVER_EXPIRES),
        of_password=True,
    ),
    Act.EXPIRES: ActRule(
        may=can_reset,
        activity=Activity.UPDATE_USER,
        flag="password_never_expires",
        told=(_POLICIES, _NEVER_EXPIRES, ""),
        of_password=True,
    ),
    Act.STRONG_OPTIONAL: ActRule(
        may=can_reset,
        activity=Activity.UPDATE_USER,
        flag="strong_password_required",
        told=(_POLICIES, "", _STRONG_OPTIONAL),
        obstacle=has_role,
        of_password=True,
    ),
    Act.STRONG_REQUIRED: ActRule(
        may=can_reset,
        activity=Activity.UPDATE_USER,
        flag="strong_password_required",
        to=True,
        told=(_POLICIES, _STRONG_OPTIONAL, ""),
        of_password=True,
    ),
}


def rule_of(act: Act) -> Rule:
    """Return the question "may this actor do this act to that target"; nothing that only a lock can tell."""
    rule = RULES[act]

    def decide(actor: Actor, target: TargetFacts) -> Decision:
        decision = rule.may(actor, target)
        if decision.code == "RESET_SELF" and rule.of_password:
            return replace(decision, code="ACT_SELF")
        return stand_against(act, target) or decision if decision.allowed else decision

    return decide


def stand_against(act: Act, target: TargetFacts) -> Decision | None:
    """Return the refusal that holds whoever acts, or None."""
    code = RULES[act].obstacle(target)
    return Decision(allowed=False, code=code, values={"user": target.user.display_name}) if code else None
