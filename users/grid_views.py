"""The standard views of Active users: which people each picks, and who is offered it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.access import RESETTING
from users.actors import Actor
from users.models import (
    Contact,
    ContactKind,
    GroupMember,
    LicenceAssignment,
    RoleAssignment,
    SignInGuard,
    UnitMember,
    UserType,
)
from users.password_expiry import ExpiryRules, password_ended_by
from users.role_catalogue import CATALOGUE, Category
from users.roles import TEMPLATE_IDS, Role


class View(StrEnum):
    """Standard views of Active users, in the order in which they are offered."""

    MY_UNITS = "my_units"
    ALL = "all"
    BLOCKED = "blocked"
    MUST_CHANGE = "must_change"
    NEVER_ISSUED = "never_issued"
    LOCKED = "locked"
    TEMPORARY_EXPIRED = "temporary_expired"
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105  # the name of a view
    NO_RECOVERY = "no_recovery"
    ALLOWED = "allowed"
    LICENSED = "licensed"
    UNLICENSED = "unlicensed"
    GUESTS = "guests"
    BILLING_ADMINS = "billing_admins"
    GLOBAL_ADMINS = "global_admins"
    HELPDESK_ADMINS = "helpdesk_admins"
    SERVICE_ADMINS = "service_admins"
    USER_ADMINS = "user_admins"


LABELS: Final[dict[View, str | Promise]] = {
    View.MY_UNITS: _("In my units"),
    View.ALL: _("All users"),
    View.BLOCKED: _("Sign-in blocked"),
    View.MUST_CHANGE: _("Must change password"),
    View.NEVER_ISSUED: _("Password never issued"),
    View.LOCKED: _("Locked out"),
    View.TEMPORARY_EXPIRED: _("Temporary password expired"),
    View.PASSWORD_EXPIRED: _("Password expired"),
    View.NO_RECOVERY: _("No way to recover"),
    View.ALLOWED: _("Sign-in allowed"),
    View.LICENSED: _("Licensed users"),
    View.UNLICENSED: _("Unlicensed users"),
    View.GUESTS: _("Guest users"),
    View.BILLING_ADMINS: _("Billing admins"),
    View.GLOBAL_ADMINS: _("Global admins"),
    View.HELPDESK_ADMINS: _("Helpdesk admins"),
    View.SERVICE_ADMINS: _("Service admins"),
    View.USER_ADMINS: _("User management admins"),
}


SERVICE_ROLES: Final = tuple(role for role, facts in CATALOGUE.items() if facts.category is Category.SERVICES)
"""Roles that look after a service, as the roles page groups them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What some views depend on: the moment, the reader's units, when a guessed name stops, when passwords end."""

    at: datetime
    unit_ids: tuple[UUID, ...] = ()
    hard_stop: int = 0
    expiry: ExpiryRules = field(default_factory=ExpiryRules)


def reading_of(actor: Actor, *, now: datetime) -> Reading:
    """Return how this person reads the views now."""
    return Reading(
        at=now,
        unit_ids=tuple(sorted(actor.unit_roles)),
        hard_stop=actor.tenant.lockout_hard_stop,
        expiry=ExpiryRules.of(actor.tenant),
    )


def list_views(actor: Actor) -> list[View]:
    """Return the views that are offered to this person; "In my units" only to those who hold a role over one."""
    return [view for view in View if view is not View.MY_UNITS or actor.unit_roles]


def default_view(actor: Actor) -> View:
    """Return the view that opens first: the people whom the roles reach, where that is not everybody."""
    return View.MY_UNITS if actor.unit_roles and not actor.roles & RESETTING else View.ALL


def condition_of(view: View, *, reading: Reading | None) -> Q:
    """Return who is in a view, as one condition; inside the scope.

    :raises ValueError: when the view depends on a reading and none is given.
    """
    if view in _ALWAYS:
        return _ALWAYS[view]()
    if reading is None:
        raise ValueError(view)
    return _READ[view](reading)


def _has_licence() -> Q:
    return Q(Exists(LicenceAssignment.objects.filter(user=OuterRef("pk"))))


def _without_contact() -> Q:
    kinds = (ContactKind.ALTERNATE_EMAIL, ContactKind.MOBILE_PHONE)
    return ~Q(Exists(Contact.objects.filter(user=OuterRef("pk"), kind__in=kinds)))


def _holds(*roles: Role) -> Q:
    """Pick whoever holds one of these in whatever way: by name, through a group, over a unit, or only eligible."""
    assigned = RoleAssignment.objects.filter(role__in=[TEMPLATE_IDS[role] for role in roles])
    by_name = assigned.filter(user__isnull=False).values("user")
    groups = assigned.filter(group__isnull=False).values("group")
    # One list of ids: two conditions joined by OR make the planner read everybody.
    return Q(pk__in=by_name.union(GroupMember.objects.filter(group__in=groups).values("user")))


def _locked(reading: Reading) -> Q:
    locks = Q(locked_until__gt=reading.at)
    if reading.hard_stop:
        locks |= Q(is_familiar=False, failures_in_a_row__gte=reading.hard_stop)
    known = SignInGuard.objects.filter(user_id__isnull=False, locked_until__isnull=False)
    return Q(pk__in=known.filter(locks).values("user_id"))


def _temporary_expired(reading: Reading) -> Q:
    # Every temporary password has to be changed; the index of who has to change holds its end as well.
    return Q(must_change=True, is_temporary=True, temporary_expires_at__lte=reading.at)


def _in_units(reading: Reading) -> Q:
    return Q(Exists(UnitMember.objects.filter(unit__in=reading.unit_ids, user=OuterRef("pk"))))


_ALWAYS: Final[dict[View, Callable[[], Q]]] = {
    View.ALL: Q,
    View.BLOCKED: lambda: Q(account_enabled=False),
    View.MUST_CHANGE: lambda: Q(must_change=True),
    View.NEVER_ISSUED: lambda: Q(password_issued_at=None),
    View.NO_RECOVERY: _without_contact,
    View.ALLOWED: lambda: Q(account_enabled=True),
    View.LICENSED: _has_licence,
    View.UNLICENSED: lambda: ~_has_licence(),
    View.GUESTS: lambda: Q(user_type=UserType.GUEST),
    View.BILLING_ADMINS: lambda: _holds(Role.BILLING_ADMINISTRATOR),
    View.GLOBAL_ADMINS: lambda: _holds(Role.GLOBAL_ADMINISTRATOR),
    View.HELPDESK_ADMINS: lambda: _holds(Role.HELPDESK_ADMINISTRATOR),
    View.SERVICE_ADMINS: lambda: _holds(*SERVICE_ROLES),
    View.USER_ADMINS: lambda: _holds(Role.USER_ADMINISTRATOR),
}
_READ: Final[dict[View, Callable[[Reading], Q]]] = {
    View.MY_UNITS: _in_units,
    View.LOCKED: _locked,
    View.TEMPORARY_EXPIRED: _temporary_expired,
    View.PASSWORD_EXPIRED: lambda reading: password_ended_by(reading.expiry, reading.at),
}
