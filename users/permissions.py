"""What each role may do, as one table. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from users.roles import Role


class Permission(StrEnum):
    """Rights that pages and services ask for; an unknown string raises."""

    ADMIN_ENTER = "portal:admin:enter"
    AUDIT_READ = "audit:log:read"
    MESSAGES_READ = "outbox:message:read"
    PASSWORD_RESET = "passwords:password:reset"  # noqa: S105  # the name of a right
    ROLE_ASSIGN = "users:role:assign"
    SESSION_END = "users:session:end"
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
    Permission.MESSAGES_READ: _RESETTERS,
    Permission.PASSWORD_RESET: _RESETTERS,
    Permission.ROLE_ASSIGN: frozenset({Role.PRIVILEGED_ROLE_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.SESSION_END: _RESETTERS - {Role.PASSWORD_ADMINISTRATOR},
    Permission.USER_BLOCK: _RESETTERS - {Role.PASSWORD_ADMINISTRATOR, Role.HELPDESK_ADMINISTRATOR},
    Permission.USER_CREATE: frozenset({Role.USER_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR}),
    Permission.USER_READ: _RESETTERS
    | {
        Role.DIRECTORY_READERS,
        Role.EXCHANGE_ADMINISTRATOR,
        Role.GLOBAL_READER,
        Role.GROUPS_ADMINISTRATOR,
        Role.LICENSE_ADMINISTRATOR,
        Role.PRIVILEGED_ROLE_ADMINISTRATOR,
    },
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return every right that at least one of these roles gives."""
    return frozenset(permission for permission, holders in HOLDERS.items() if holders & roles)
