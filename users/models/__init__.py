"""Directory data."""

from __future__ import annotations

from users.models.challenge import Challenge, ContactChange, Purpose
from users.models.contact import Contact, ContactKind
from users.models.favourite import RoleFavourite
from users.models.grid_choice import GridChoice
from users.models.group import Group, GroupMember, GroupOwner
from users.models.guard import SignInGuard
from users.models.import_batch import ImportBatch
from users.models.installation_secret import InstallationSecret
from users.models.licence import LicenceAssignment, LicenceProduct
from users.models.method import AuthenticationMethod, MethodKind, RecoveryCode, TrustedDevice
from users.models.role import RoleAssignment
from users.models.session import Session
from users.models.sort_keys import SortKeys
from users.models.tenant import Domain, Tenant
from users.models.unit import AdministrativeUnit, UnitMember
from users.models.user import User, UserType

__all__ = [
    "AdministrativeUnit",
    "AuthenticationMethod",
    "Challenge",
    "Contact",
    "ContactChange",
    "ContactKind",
    "Domain",
    "GridChoice",
    "Group",
    "GroupMember",
    "GroupOwner",
    "ImportBatch",
    "InstallationSecret",
    "LicenceAssignment",
    "LicenceProduct",
    "MethodKind",
    "Purpose",
    "RecoveryCode",
    "RoleAssignment",
    "RoleFavourite",
    "Session",
    "SignInGuard",
    "SortKeys",
    "Tenant",
    "TrustedDevice",
    "UnitMember",
    "User",
    "UserType",
]
