"""The left navigation, in one table: what is not routed yet is left out when it is drawn."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from adminportal.shell.nav import NavEntry, Section, register
from users.permissions import Permission

ENTRIES = (
    NavEntry(
        section=Section.HOME, label=_("Home"), url_name="centre:home", icon="home", permission=Permission.ADMIN_ENTER
    ),
    NavEntry(
        section=Section.USERS,
        label=_("Active users"),
        url_name="users:active",
        icon="people",
        order=10,
        permission=Permission.USER_READ,
    ),
    NavEntry(
        section=Section.USERS,
        label=_("Reset password"),
        url_name="passwords:pick",
        icon="key",
        order=50,
        permission=Permission.PASSWORD_RESET,
    ),
    NavEntry(
        section=Section.USERS,
        label=_("Password requests"),
        url_name="passwords:requests",
        icon="mail",
        order=40,
        permission=Permission.PASSWORD_RESET,
        count_url_name="passwords:request-count",
    ),
    NavEntry(
        section=Section.SETTINGS,
        label=_("Org settings"),
        url_name="centre:org-settings",
        icon="settings",
        permission=Permission.PASSWORD_POLICY_READ,
    ),
    NavEntry(
        section=Section.SETTINGS,
        label=_("Password expiration policy"),
        url_name="passwords:expiration",
        icon="clock",
        order=107,
        permission=Permission.PASSWORD_EXPIRATION_READ,
    ),
    NavEntry(
        section=Section.SETTINGS,
        label=_("Password policy"),
        url_name="passwords:policy",
        icon="shield",
        order=105,
        permission=Permission.PASSWORD_POLICY_READ,
    ),
    NavEntry(
        section=Section.SETTINGS,
        label=_("Password reset"),
        url_name="sspr:settings",
        icon="key",
        order=110,
        permission=Permission.SSPR_SETTINGS_READ,
    ),
    NavEntry(
        section=Section.REPORTS,
        label=_("Usage & insights"),
        url_name="sspr:insights",
        icon="report",
        order=10,
        permission=Permission.SSPR_TOTALS_READ,
    ),
    NavEntry(
        section=Section.REPORTS,
        label=_("Recovery readiness"),
        url_name="sspr:readiness",
        icon="shield",
        order=20,
        permission=Permission.SSPR_REPORT_READ,
    ),
    NavEntry(
        section=Section.USERS,
        label=_("Bulk jobs"),
        url_name="passwords:bulk-jobs",
        icon="history",
        order=60,
        permission=Permission.BULK_READ,
    ),
    NavEntry(
        section=Section.GROUPS,
        label=_("Groups"),
        url_name="users:groups",
        icon="group",
        permission=Permission.USER_READ,
    ),
    NavEntry(
        section=Section.ROLES,
        label=_("Administrative units"),
        url_name="users:units",
        icon="columns",
        order=40,
        permission=Permission.UNIT_READ,
    ),
    NavEntry(
        section=Section.ROLES,
        label=_("Role assignments"),
        url_name="users:roles",
        icon="role",
        order=10,
        permission=Permission.ROLE_READ,
    ),
    NavEntry(
        section=Section.ROLES,
        label=_("Who can reset whom"),
        url_name="users:role-matrix",
        icon="tick-box",
        order=20,
        permission=Permission.ROLE_READ,
    ),
    NavEntry(
        section=Section.ROLES,
        label=_("Test a user"),
        url_name="users:role-why",
        icon="help",
        order=30,
        permission=Permission.ROLE_READ,
    ),
    NavEntry(
        section=Section.REPORTS,
        label=_("Audit log"),
        url_name="centre:audit",
        icon="history",
        permission=Permission.AUDIT_READ,
    ),
    NavEntry(
        section=Section.REPORTS,
        label=_("My actions"),
        url_name="centre:audit-own",
        icon="history",
        order=200,
        permission=Permission.ADMIN_ENTER,
    ),
    NavEntry(
        section=Section.HEALTH,
        label=_("Delivery"),
        url_name="centre:messages",
        icon="mail",
        permission=Permission.MESSAGES_READ,
    ),
)


def register_navigation() -> None:
    """Offer every entry to the frame."""
    for entry in ENTRIES:
        register(entry)
