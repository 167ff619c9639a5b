"""What roles are called on pages: the stored and audited name stays English, what is read is translated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.roles import Role, Standing

NAMES: Final[dict[Role | Standing, Promise]] = {
    Role.APPLICATION_ADMINISTRATOR: _("Application Administrator"),
    Role.AUTHENTICATION_ADMINISTRATOR: _("Authentication Administrator"),
    Role.AUTHENTICATION_POLICY_ADMINISTRATOR: _("Authentication Policy Administrator"),
    Role.BILLING_ADMINISTRATOR: _("Billing Administrator"),
    Role.DIRECTORY_READERS: _("Directory Readers"),
    Role.DOMAIN_NAME_ADMINISTRATOR: _("Domain Name Administrator"),
    Role.EXCHANGE_ADMINISTRATOR: _("Exchange Administrator"),
    Role.GLOBAL_ADMINISTRATOR: _("Global Administrator"),
    Role.GLOBAL_READER: _("Global Reader"),
    Role.GROUPS_ADMINISTRATOR: _("Groups Administrator"),
    Role.GUEST_INVITER: _("Guest Inviter"),
    Role.HELPDESK_ADMINISTRATOR: _("Helpdesk Administrator"),
    Role.HYBRID_IDENTITY_ADMINISTRATOR: _("Hybrid Identity Administrator"),
    Role.LICENSE_ADMINISTRATOR: _("License Administrator"),
    Role.MESSAGE_CENTER_READER: _("Message Center Reader"),
    Role.PASSWORD_ADMINISTRATOR: _("Password Administrator"),
    Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: _("Privileged Authentication Administrator"),
    Role.PRIVILEGED_ROLE_ADMINISTRATOR: _("Privileged Role Administrator"),
    Role.REPORTS_READER: _("Reports Reader"),
    Role.SECURITY_ADMINISTRATOR: _("Security Administrator"),
    Role.SECURITY_READER: _("Security Reader"),
    Role.USAGE_SUMMARY_REPORTS_READER: _("Usage Summary Reports Reader"),
    Role.USER_ADMINISTRATOR: _("User Administrator"),
    Role.USER_EXPERIENCE_SUCCESS_MANAGER: _("User Experience Success Manager"),
    Standing.NONE: _("none"),
    Standing.ROLE_ASSIGNABLE_GROUP: _("role-assignable group member or owner"),
    Standing.RESTRICTED_UNIT: _("role scoped to a restricted management administrative unit"),
    Standing.OTHER: _("any other role"),
}
_OF_TEXT: Final = {str(held.value): held for held in NAMES}


def role_name(held: Role | Standing) -> str:
    """Return what a role is called in the active language."""
    return str(NAMES[held])


def role_list(held: Iterable[Role | Standing]) -> list[str]:
    """Return what these roles are called in the active language, in the order of their names there."""
    return sorted(role_name(one) for one in held)


def translate_names(joined: str) -> str:
    """Return a list such as ``Global Reader, Reports Reader``, as refusals carry it, in the active language."""
    names = joined.split(", ")
    return ", ".join(role_name(_OF_TEXT[name]) if name in _OF_TEXT else name for name in names)
