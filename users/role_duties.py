"""What a role may do here, in words: generated from the tables that decide, so that the page cannot say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.permissions import HOLDERS, Permission
from users.role_names import NAMES, role_list
from users.roles import COVERS, COVERS_IN_UNIT, SENSITIVE_ROLES, Role, Standing

PERMISSION_WORDS: Final[dict[Permission, Promise]] = {
    Permission.ADMIN_ENTER: _("Enter the admin center"),
    Permission.USER_READ: _("See people and what is known about them"),
    Permission.ROLE_READ: _("See roles and who holds them"),
    Permission.USER_CREATE: _("Add people, one or many"),
    Permission.PASSWORD_RESET: _("Reset passwords"),
    Permission.SESSION_END: _("Sign people out everywhere"),
    Permission.USER_BLOCK: _("Block and unblock sign-in"),
    Permission.BULK_READ: _("See bulk jobs, and pause or cancel one's own"),
    Permission.BULK_CANCEL: _("Cancel bulk jobs that others started"),
    Permission.MESSAGES_READ: _("See what became of messages"),
    Permission.GROUP_MANAGE: _("Look after groups, except those that can hold a role"),
    Permission.ROLE_ASSIGN: _("Give and take roles"),
    Permission.UNIT_READ: _("See administrative units and who is in them"),
    Permission.ORG_SETTINGS_READ: _("See the settings of the organization"),
    Permission.ORG_SETTINGS_WRITE: _("Change the settings of the organization"),
    Permission.PASSWORD_EXPIRATION_READ: _("See for how long passwords are good"),
    Permission.PASSWORD_EXPIRATION_WRITE: _("Change for how long passwords are good"),
    Permission.PASSWORD_POLICY_READ: _("See the password policy and the numbers of the sign-in lockout"),
    Permission.PASSWORD_POLICY_WRITE: _("Change the password policy and the numbers of the sign-in lockout"),
    Permission.SSPR_SETTINGS_READ: _("See the settings of self-service password reset"),
    Permission.SSPR_SETTINGS_WRITE: _("Change the settings of self-service password reset"),
    Permission.SSPR_TOTALS_READ: _("See how many people registered for self-service, and how it is used"),
    Permission.SSPR_REPORT_READ: _("See who could get back in by self-service, and who could not"),
    Permission.AUDIT_READ: _("Read the audit log"),
}
"""Rights in the order in which they are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One right and whether a role gives it."""

    label: str
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a role reaches with a right; ``everybody`` stands for all kinds of people."""

    kinds: tuple[str, ...]
    everybody: bool


def list_duties(role: Role) -> list[Duty]:
    """Return every right there is and whether this role gives it."""
    return [
        Duty(label=str(words), is_given=role in HOLDERS[permission]) for permission, words in PERMISSION_WORDS.items()
    ]


def reach_of_reset(role: Role) -> Reach | None:
    """Return whose passwords a role resets, or None where it resets nobody's."""
    return _reach(COVERS[role]) if role in COVERS else None


def reach_of_block(role: Role) -> Reach | None:
    """Return whom a role blocks and unblocks, or None."""
    return _reach(COVERS[role]) if role in SENSITIVE_ROLES else None


def reach_in_unit(role: Role) -> Reach | None:
    """Return whose passwords a role resets where it is limited to an administrative unit, or None."""
    return _reach(COVERS_IN_UNIT[role]) if role in COVERS_IN_UNIT else None


def _reach(covered: frozenset[Role | Standing]) -> Reach:
    return Reach(kinds=tuple(role_list(covered - {Standing.NONE})), everybody=covered == frozenset(NAMES))
