"""Who may change how somebody else proves who they are: whoever controls that controls the reset.

Source: Entra, privileged-roles-permissions, *Who can perform sensitive actions*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from users.access import RESETTING, Decision, may_by_roles
from users.actors import Actor
from users.models import MethodKind
from users.roles import Role, covering_roles
from users.targets import TargetFacts

Rule = Callable[[Actor, TargetFacts], Decision]

AUTHENTICATOR_ROLES: Final = frozenset(
    {
        Role.AUTHENTICATION_ADMINISTRATOR,
        Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
        Role.GLOBAL_ADMINISTRATOR,
    }
)
"""Roles that may take away a second factor, of those who may reset at all."""


def can_edit_methods(actor: Actor, target: TargetFacts) -> Decision:
    """Say whether the actor may remove addresses and numbers of the target; wherever the password is kept."""
    return may_by_roles(actor, target, RESETTING, self_code="METHODS_SELF", no_role_code="NO_RIGHT_METHODS")


def can_edit_contacts(actor: Actor, target: TargetFacts) -> Decision:
    """Say whether the actor may change the target's contact data; those of a directory are changed there."""
    decision = can_edit_methods(actor, target)
    if decision.allowed and target.user.on_premises_sync_enabled:
        values = {"user": target.user.display_name, "name": target.user.directory_name}
        return Decision(allowed=False, code="CONTACT_FROM_DIRECTORY", values=values)
    return decision


def can_remove_authenticator(actor: Actor, target: TargetFacts) -> Decision:
    """Say whether the actor may remove the target's second factor, or have everything registered anew."""
    decision = can_edit_methods(actor, target)
    if not decision.allowed:
        return decision
    stronger = may_by_roles(
        actor, target, AUTHENTICATOR_ROLES, self_code="METHODS_SELF", no_role_code="NO_RIGHT_METHODS"
    )
    if stronger.allowed:
        return stronger
    enough = ", ".join(role for role in covering_roles(target.held) if role in AUTHENTICATOR_ROLES)
    return Decision(
        allowed=False, code="NO_RIGHT_AUTHENTICATOR", values={"user": target.user.display_name, "enough": enough}
    )


def rule_for(kind: str) -> Rule:
    """Return the rule that decides about removing a method of this kind."""
    return can_remove_authenticator if kind == MethodKind.AUTHENTICATOR else can_edit_methods
