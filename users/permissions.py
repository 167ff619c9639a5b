"""What each role may do, as one table. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from users.roles import Role


class Permission(StrEnum):
    """Rights that pages and services ask for; an unknown string raises."""

    ADMIN_ENTER = "portal:admin:enter"
    AUDIT_READ = "audit:log:read"
    GROUP_MANAGE = "users:group:manage"
    BULK_CANCEL = "passwords:bulk:cancel"
    BULK_READ = "passwords:bulk:read"
    MESSAGES_READ = "outbox:message:read"
    ORG_SETTINGS_READ = "portal:settings:read"
    ORG_SETTINGS_WRITE = "portal:settings:write"
    PASSWORD_EXPIRATION_READ = "passwords:expiration:read"  # noqa: S105  # the name of a right
    PASSWORD_EXPIRATION_WRITE = "passwords:expiration:write"  # noqa: S105  # the name of a right
    PASSWORD_POLICY_READ = "passwords:policy:read"  # noqa: S105  # the name of a right
    PASSWORD_POLICY_WRITE = "passwords:policy:write"  # noqa: S105  # the name of a right
    PASSWORD_RESET = "passwords:password:reset"  # noqa: S105  # the name of a right
    ROLE_ASSIGN = "users:role:assign"
    ROLE_READ = "users:role:read"
    SESSION_END = "users:session:end"
    SSPR_REPORT_READ = "sspr:report:read"
    SSPR_SETTINGS_READ = "sspr:settings:read"
    SSPR_SETTINGS_WRITE = "sspr:settings:write"
    SSPR_TOTALS_READ = "sspr:totals:read"
    UNIT_READ = "users:unit:read"
    USER_BLOCK = "users:user:block"
    USER_CREATE = "users:user:create"
    USER_READ = "users:user:read"


_RESETTERS: Final = frozenset(
    {
        Role.PASSWORD_ADMINISTRATOR,
        Role.HELPDESK_ADMINISTRATOR,
        Role.AUTHENTICATION_ADMINISTRATOR,
        Role.USER_ADMINISTRATOR,
        Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
        Role.GLOBAL_ADMINISTRATOR,
    }
)

_READERS: Final = _RESETTERS | {
    Role.DIRECTORY_READERS,
    Role.EXCHANGE_ADMINISTRATOR,
    Role.GLOBAL_READER,
    Role.GROUPS_ADMINISTRATOR,
    Role.LICENSE_ADMINISTRATOR,
    Role.PRIVILEGED_ROLE_ADMINISTRATOR,
}
"""Who sees people and their names."""

_REPORT_READERS: Final = frozenset(
    {
        Role.REPORTS_READER,
        Role.SECURITY_READER,
        Role.GLOBAL_READER,
        Role.APPLICATION_ADMINISTRATOR,
        Role.SECURITY_ADMINISTRATOR,
        Role.AUTHENTICATION_POLICY_ADMINISTRATOR,
        Role.GLOBAL_ADMINISTRATOR,
    }
)
"""Who reads the reports of self-service with the names in them."""

_SETTINGS_READERS: Final = frozenset(
    {Role.GLOBAL_READER, Role.SECURITY_READER, Role.SECURITY_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}
)

HOLDERS: Final[dict[Permission, frozenset[Role]]] = {
    Permission.ADMIN_ENTER: frozenset(Role),
    Permission.AUDIT_READ: frozenset(
        {
            Role.REPORTS_READER,
            Role.SECURITY_READER,
            Role.SECURITY_ADMINISTRATOR,
            Role.GLOBAL_READER,
            Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
            Role.GLOBAL_ADMINISTRATOR,
        }
    ),
    Permission.BULK_READ: _RESETTERS | {Role.SECURITY_ADMINISTRATOR, Role.GLOBAL_READER},
    Permission.BULK_CANCEL: frozenset({Role.SECURITY_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.GROUP_MANAGE: frozenset({Role.GROUPS_ADMINISTRATOR, Role.USER_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.MESSAGES_READ: _RESETTERS,
    Permission.ORG_SETTINGS_READ: _SETTINGS_READERS,
    Permission.ORG_SETTINGS_WRITE: frozenset({Role.GLOBAL_ADMINISTRATOR}),
    Permission.PASSWORD_EXPIRATION_READ: _SETTINGS_READERS
    | {Role.AUTHENTICATION_POLICY_ADMINISTRATOR, Role.USER_ADMINISTRATOR},
    Permission.PASSWORD_EXPIRATION_WRITE: frozenset({Role.USER_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.PASSWORD_POLICY_READ: _SETTINGS_READERS | {Role.AUTHENTICATION_POLICY_ADMINISTRATOR},
    Permission.PASSWORD_POLICY_WRITE: frozenset({Role.AUTHENTICATION_POLICY_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.PASSWORD_RESET: _RESETTERS,
    Permission.ROLE_ASSIGN: frozenset({Role.PRIVILEGED_ROLE_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.ROLE_READ: _READERS,
    Permission.SESSION_END: _RESETTERS - {Role.PASSWORD_ADMINISTRATOR},
    Permission.SSPR_REPORT_READ: _REPORT_READERS,
    Permission.SSPR_SETTINGS_READ: _SETTINGS_READERS | {Role.AUTHENTICATION_POLICY_ADMINISTRATOR},
    Permission.SSPR_SETTINGS_WRITE: frozenset({Role.AUTHENTICATION_POLICY_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.SSPR_TOTALS_READ: _REPORT_READERS
    | {Role.USAGE_SUMMARY_REPORTS_READER, Role.USER_EXPERIENCE_SUCCESS_MANAGER},
    Permission.UNIT_READ: frozenset(
        {Role.GLOBAL_READER, Role.PRIVILEGED_ROLE_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}
    ),
    Permission.USER_BLOCK: _RESETTERS - {Role.PASSWORD_ADMINISTRATOR, Role.HELPDESK_ADMINISTRATOR},
    Permission.USER_CREATE: frozenset({Role.USER_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.USER_READ: _READERS,
}


IN_UNIT: Final = frozenset(
    {
        Permission.ADMIN_ENTER,
        Permission.BULK_READ,
        Permission.MESSAGES_READ,
        Permission.PASSWORD_RESET,
        Permission.ROLE_READ,
        Permission.SESSION_END,
        Permission.USER_BLOCK,
        Permission.USER_READ,
    }
)
"""Rights that a role gives where it is held over an administrative unit: those that each target is asked for again."""


def permissions_of(roles: frozenset[Role], in_units: frozenset[Role] = frozenset()) -> frozenset[Permission]:
    """Return every right that a role over the tenant gives, or a role over a unit where rights can be limited so."""
    return frozenset(
        permission
        for permission, holders in HOLDERS.items()
        if holders & roles or (permission in IN_UNIT and holders & in_units)
    )
