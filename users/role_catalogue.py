"""What the roles page tells of each role beside its name: its category, what it is for, how far it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.roles import Role


class Category(StrEnum):
    """Headings under which the roles page groups the catalogue, in the order in which they stand."""

    GLOBAL = "global"
    PASSWORDS = "passwords"  # noqa: S105  # the name of a category
    DIRECTORY = "directory"
    SERVICES = "services"
    READING = "reading"


CATEGORY_NAMES: Final[dict[Category, Promise]] = {
    Category.GLOBAL: _("Global"),
    Category.PASSWORDS: _("Passwords and sign-in"),
    Category.DIRECTORY: _("People, groups and roles"),
    Category.SERVICES: _("Services and settings"),
    Category.READING: _("Reading and reports"),
}


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """Where a role stands in the catalogue and what it is for, in one sentence."""

    category: Category
    description: Promise


CATALOGUE: Final[dict[Role, RoleFacts]] = {
    Role.GLOBAL_ADMINISTRATOR: RoleFacts(
        Category.GLOBAL, _("Can do everything here, for everybody. Two to four people are enough.")
    ),
    Role.GLOBAL_READER: RoleFacts(
        Category.GLOBAL, _("Reads people, roles, settings, reports, bulk jobs and the audit log, and changes nothing.")
    ),
    Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: RoleFacts(
        Category.PASSWORDS, _("Resets the password of everybody, Global Administrators too, and blocks sign-in.")
    ),
    Role.AUTHENTICATION_ADMINISTRATOR: RoleFacts(
        Category.PASSWORDS,
        _("Resets passwords, blocks sign-in and looks after sign-in methods of people without a larger role."),
    ),
    Role.AUTHENTICATION_POLICY_ADMINISTRATOR: RoleFacts(
        Category.PASSWORDS,
        _("Decides how people prove who they are: reset settings, methods, password policy, lockout."),
    ),
    Role.HELPDESK_ADMINISTRATOR: RoleFacts(
        Category.PASSWORDS,
        _("The service desk: resets passwords and signs people out, for people without a larger role."),
    ),
    Role.PASSWORD_ADMINISTRATOR: RoleFacts(
        Category.PASSWORDS, _("Resets passwords of people who hold no role, or one of the smallest. Nothing else.")
    ),
    Role.PRIVILEGED_ROLE_ADMINISTRATOR: RoleFacts(
        Category.DIRECTORY,
        _("Gives and takes roles, Global Administrator too, and looks after role-assignable groups."),
    ),
    Role.USER_ADMINISTRATOR: RoleFacts(
        Category.DIRECTORY,
        _("Adds and blocks people, changes how they can be reached, resets passwords, looks after groups."),
    ),
    Role.GROUPS_ADMINISTRATOR: RoleFacts(
        Category.DIRECTORY, _("Creates and fills groups, except those that can hold a role.")
    ),
    Role.LICENSE_ADMINISTRATOR: RoleFacts(
        Category.DIRECTORY, _("Reads people and their licenses. No page gives or takes licenses yet.")
    ),
    Role.GUEST_INVITER: RoleFacts(Category.DIRECTORY, _("Enters the admin center. No page invites guests yet.")),
    Role.DIRECTORY_READERS: RoleFacts(Category.DIRECTORY, _("Reads people, groups and licenses.")),
    Role.HYBRID_IDENTITY_ADMINISTRATOR: RoleFacts(
        Category.SERVICES, _("Enters the admin center. No page connects a directory of your own servers yet.")
    ),
    Role.DOMAIN_NAME_ADMINISTRATOR: RoleFacts(
        Category.SERVICES, _("Enters the admin center. No page changes domains yet.")
    ),
    Role.EXCHANGE_ADMINISTRATOR: RoleFacts(
        Category.SERVICES, _("Reads people. No page changes mail delivery or its texts yet.")
    ),
    Role.APPLICATION_ADMINISTRATOR: RoleFacts(
        Category.SERVICES, _("Reads the reports of self-service. No page registers applications yet.")
    ),
    Role.BILLING_ADMINISTRATOR: RoleFacts(
        Category.SERVICES, _("Enters the admin center. No page shows subscriptions or seats yet.")
    ),
    Role.SECURITY_ADMINISTRATOR: RoleFacts(
        Category.SERVICES, _("Reads the audit log and reports, and stops resets of many people that should not go on.")
    ),
    Role.SECURITY_READER: RoleFacts(Category.READING, _("Reads the audit log, reports and settings.")),
    Role.REPORTS_READER: RoleFacts(Category.READING, _("Reads the audit log and reports of use and registration.")),
    Role.USAGE_SUMMARY_REPORTS_READER: RoleFacts(
        Category.READING, _("Reads totals of the organization, without names.")
    ),
    Role.USER_EXPERIENCE_SUCCESS_MANAGER: RoleFacts(
        Category.READING, _("Reads totals of the organization, without names. There are no announcements yet.")
    ),
    Role.MESSAGE_CENTER_READER: RoleFacts(
        Category.READING, _("Enters the admin center. There are no announcements yet.")
    ),
}

PRIVILEGED: Final = frozenset(
    {
        Role.APPLICATION_ADMINISTRATOR,
        Role.AUTHENTICATION_ADMINISTRATOR,
        Role.DOMAIN_NAME_ADMINISTRATOR,
        Role.GLOBAL_ADMINISTRATOR,
        Role.GLOBAL_READER,
        Role.HELPDESK_ADMINISTRATOR,
        Role.HYBRID_IDENTITY_ADMINISTRATOR,
        Role.PASSWORD_ADMINISTRATOR,
        Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
        Role.PRIVILEGED_ROLE_ADMINISTRATOR,
        Role.SECURITY_ADMINISTRATOR,
        Role.SECURITY_READER,
        Role.USER_ADMINISTRATOR,
    }
)
"""Roles with which an attacker could take over others. Source: Entra, permissions-reference (label "Privileged")."""

UNIT_ROLES: Final = frozenset(
    {
        Role.AUTHENTICATION_ADMINISTRATOR,
        Role.GROUPS_ADMINISTRATOR,
        Role.HELPDESK_ADMINISTRATOR,
        Role.LICENSE_ADMINISTRATOR,
        Role.PASSWORD_ADMINISTRATOR,
        Role.USER_ADMINISTRATOR,
    }
)
"""Roles that may be limited to an administrative unit. Source: Entra, admin-units-assign-roles."""
