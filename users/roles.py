"""Catalogue of directory roles and the who-may-reset-whom matrix as frozen tables. Pure.

Source: Microsoft Entra, privileged-roles-permissions ("Who can reset passwords", "Who can perform sensitive
actions") and permissions-reference (template ids).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


class Role(StrEnum):
    """Names of the built-in roles; the value is what people read, in English."""

    APPLICATION_ADMINISTRATOR = "Application Administrator"
    AUTHENTICATION_ADMINISTRATOR = "Authentication Administrator"
    AUTHENTICATION_POLICY_ADMINISTRATOR = "Authentication Policy Administrator"
    BILLING_ADMINISTRATOR = "Billing Administrator"
    DIRECTORY_READERS = "Directory Readers"
    DOMAIN_NAME_ADMINISTRATOR = "Domain Name Administrator"
    EXCHANGE_ADMINISTRATOR = "Exchange Administrator"
    GLOBAL_ADMINISTRATOR = "Global Administrator"
    GLOBAL_READER = "Global Reader"
    GROUPS_ADMINISTRATOR = "Groups Administrator"
    GUEST_INVITER = "Guest Inviter"
    HELPDESK_ADMINISTRATOR = "Helpdesk Administrator"
    HYBRID_IDENTITY_ADMINISTRATOR = "Hybrid Identity Administrator"
    LICENSE_ADMINISTRATOR = "License Administrator"
    MESSAGE_CENTER_READER = "Message Center Reader"
    PASSWORD_ADMINISTRATOR = "Password Administrator"  # noqa: S105  # the name of a role
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR = "Privileged Authentication Administrator"
    PRIVILEGED_ROLE_ADMINISTRATOR = "Privileged Role Administrator"
    REPORTS_READER = "Reports Reader"
    SECURITY_ADMINISTRATOR = "Security Administrator"
    SECURITY_READER = "Security Reader"
    USAGE_SUMMARY_REPORTS_READER = "Usage Summary Reports Reader"
    USER_ADMINISTRATOR = "User Administrator"
    USER_EXPERIENCE_SUCCESS_MANAGER = "User Experience Success Manager"


class Standing(StrEnum):
    """What a target can be beside the holder of a catalogue role."""

    NONE = "none"
    ROLE_ASSIGNABLE_GROUP = "role-assignable group member or owner"
    RESTRICTED_UNIT = "role scoped to a restricted management administrative unit"
    OTHER = "any other role"


TEMPLATE_IDS: Final[dict[Role, UUID]] = {
    Role.GLOBAL_ADMINISTRATOR: UUID("62e90394-69f5-4237-9190-012177145e10"),
    Role.GLOBAL_READER: UUID("f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
    Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: UUID("7be44c8a-adaf-4e2a-84d6-ab2649e08a13"),
    Role.PRIVILEGED_ROLE_ADMINISTRATOR: UUID("e8611ab8-c189-46e8-94e1-60213ab1f814"),
    Role.AUTHENTICATION_ADMINISTRATOR: UUID("c4e39bd9-1100-46d3-8c65-fb160da0071f"),
    Role.AUTHENTICATION_POLICY_ADMINISTRATOR: UUID("0526716b-113d-4c15-b2c8-68e3c22b9f80"),
    Role.USER_ADMINISTRATOR: UUID("fe930be7-5e62-47db-91af-98c3a49a38b1"),
    Role.HELPDESK_ADMINISTRATOR: UUID("729827e3-9c14-49f7-bb1b-9608f156bbb8"),
    Role.PASSWORD_ADMINISTRATOR: UUID("966707d0-3269-4727-9be2-8c3a10f19b9d"),
    Role.GROUPS_ADMINISTRATOR: UUID("fdd7a751-b60b-444a-984c-02652fe8fa1c"),
    Role.LICENSE_ADMINISTRATOR: UUID("4d6ac14f-3453-41d0-bef9-a3e0c569773a"),
    Role.DIRECTORY_READERS: UUID("88d8e3e3-8f55-4a1e-953a-9b9898b8876b"),
    Role.GUEST_INVITER: UUID("95e79109-95c0-4d8e-aee3-d01accf2d47b"),
    Role.MESSAGE_CENTER_READER: UUID("790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"),
    Role.REPORTS_READER: UUID("4a5d8f65-41da-4de4-8968-e035b65339cf"),
    Role.USAGE_SUMMARY_REPORTS_READER: UUID("75934031-6c7e-415a-99d7-48dbd49e875e"),
    Role.USER_EXPERIENCE_SUCCESS_MANAGER: UUID("27460883-1df1-4691-b032-3b79643e5e63"),
    Role.BILLING_ADMINISTRATOR: UUID("b0f54661-2d74-4c50-afa3-1ec803f12efe"),
    Role.SECURITY_ADMINISTRATOR: UUID("194ae4cb-b126-40b2-bd5b-6091b380977d"),
    Role.SECURITY_READER: UUID("5d6b6bb7-de71-4623-b4af-96380a352509"),
    Role.HYBRID_IDENTITY_ADMINISTRATOR: UUID("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"),
    Role.DOMAIN_NAME_ADMINISTRATOR: UUID("8329153b-31d0-4727-b945-745eb3bc5f31"),
    Role.EXCHANGE_ADMINISTRATOR: UUID("29232cdf-9323-42fd-ade2-1d097af3e4de"),
    Role.APPLICATION_ADMINISTRATOR: UUID("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
}
ROLE_OF_TEMPLATE: Final[dict[UUID, Role]] = {template: role for role, template in TEMPLATE_IDS.items()}

_EVERYBODY: Final = frozenset[Role | Standing](Role) | frozenset(Standing)
_SMALL: Final[frozenset[Role | Standing]] = frozenset(
    {Standing.NONE, Role.DIRECTORY_READERS, Role.GUEST_INVITER, Role.PASSWORD_ADMINISTRATOR}
)
_READERS: Final[frozenset[Role | Standing]] = _SMALL | {
    Role.MESSAGE_CENTER_READER,
    Role.REPORTS_READER,
    Role.USAGE_SUMMARY_REPORTS_READER,
    Role.USER_EXPERIENCE_SUCCESS_MANAGER,
}

COVERS: Final[dict[Role, frozenset[Role | Standing]]] = {
    Role.PASSWORD_ADMINISTRATOR: _SMALL,
    Role.HELPDESK_ADMINISTRATOR: _READERS | {Role.HELPDESK_ADMINISTRATOR},
    Role.AUTHENTICATION_ADMINISTRATOR: _READERS | {Role.AUTHENTICATION_ADMINISTRATOR},
    Role.USER_ADMINISTRATOR: _READERS
    | {Role.HELPDESK_ADMINISTRATOR, Role.GROUPS_ADMINISTRATOR, Role.USER_ADMINISTRATOR},
    Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: _EVERYBODY,
    Role.GLOBAL_ADMINISTRATOR: _EVERYBODY,
}
"""Whom each resetting role covers, smallest role first; a role without a row covers nobody."""

_NOBODYS_ADMIN: Final = frozenset[Role | Standing]({Standing.NONE})

COVERS_IN_UNIT: Final[dict[Role, frozenset[Role | Standing]]] = {
    Role.PASSWORD_ADMINISTRATOR: _NOBODYS_ADMIN,
    Role.HELPDESK_ADMINISTRATOR: _NOBODYS_ADMIN,
    Role.AUTHENTICATION_ADMINISTRATOR: _NOBODYS_ADMIN,
    Role.USER_ADMINISTRATOR: COVERS[Role.USER_ADMINISTRATOR],
}
"""The same for a role that is held over an administrative unit: three of the four reach only who holds no role.

Source: Entra, admin-units-assign-roles ("Roles that can be assigned with administrative unit scope").
"""

SENSITIVE_ROLES: Final = frozenset(COVERS) - {Role.PASSWORD_ADMINISTRATOR, Role.HELPDESK_ADMINISTRATOR}
"""Roles whose coverage also holds for block, rename, delete and restore."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one actor may reset one target, by which role, or why not."""

    allowed: bool
    acting_role: Role | None = None
    code: str = ""


def judge_reset(
    actor_roles: frozenset[Role],
    target: frozenset[Role | Standing],
    *,
    covers: Mapping[Role, frozenset[Role | Standing]] = COVERS,
) -> Verdict:
    """Say whether ONE of the actor's roles covers everything that the target holds.

    ``covers`` is ``COVERS_IN_UNIT`` for roles that the actor holds over a unit of the target.
    """
    resetting = [role for role in covers if role in actor_roles]
    if not resetting:
        return Verdict(allowed=False, code="RESET_NO_ROLE")
    held = target or _NOBODYS_ADMIN
    for role in resetting:
        if held <= covers[role]:
            return Verdict(allowed=True, acting_role=role)
    return Verdict(allowed=False, code=_refusal_code([covers[role] for role in resetting], held))


def covering_roles(target: frozenset[Role | Standing]) -> tuple[Role, ...]:
    """List the roles that would be enough for this target, smallest first."""
    held = target or _NOBODYS_ADMIN
    return tuple(role for role, covered in COVERS.items() if held <= covered)


def _refusal_code(covered: list[frozenset[Role | Standing]], held: frozenset[Role | Standing]) -> str:
    if Standing.ROLE_ASSIGNABLE_GROUP in held:
        return "RESET_TARGET_RA_GROUP"
    if Standing.OTHER in held or Standing.RESTRICTED_UNIT in held:
        return "RESET_TARGET_UNKNOWN_ROLE"
    covered_by_some = frozenset[Role | Standing]().union(*covered)
    return "RESET_TARGET_SPLIT" if held <= covered_by_some else "RESET_TARGET_ROLE"
