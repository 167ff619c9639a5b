"""The one way to change for how long passwords are good, once it is known whom that would reach at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count

from adminportal.audit.tags import Activity
from users.access import may_with_proof
from users.actors import Actor, reload_actor
from users.models import Tenant, User
from users.password_expiry import ExpiryRules, has_age, password_ended_by
from users.permissions import Permission
from users.services.people import Refused
from users.services.tenant_records import record_on_tenant

DAYS: Final = range(14, 731)
NOTICE_DAYS: Final = range(1, 31)
SPREAD_DAYS: Final = range(15)
"""What may be set, in days."""
NAMES: Final = {
    "days": "password.validity_days",
    "notice_days": "password.notification_days",
    "spread_days": "password.spread_days",
}
"""Every setting with the name that the audit log gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiration:
    """For how many days passwords are good, 0 for ever; when people are told; how long old ones are spread."""

    days: int = 0
    notice_days: int = 14
    spread_days: int = 14

    @classmethod
    def of(cls, tenant: Tenant) -> Expiration:
        """Return what an organization has set; the values of a later interface for each of its domains."""
        return cls(
            days=tenant.password_days,
            notice_days=tenant.password_notice_days,
            spread_days=tenant.password_spread_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Whose passwords would be too old the moment it is saved: all of them, and those whose share is over at once."""

    count: int
    at_once: int

    @property
    def spread(self) -> int:
        """Return how many have until a later day."""
        return self.count - self.at_once


class ExpirationRefused(ValueError):
    """A number is outside its limits; nothing was changed."""


class ExpirationChanged(Exception):
    """Somebody else changed the settings since they were shown; nothing was changed."""


class OverdueNotConfirmed(Exception):
    """Passwords would be too old at once, and that number was not confirmed; nothing was changed."""

    def __init__(self, overdue: Overdue) -> None:
        super().__init__(overdue.count)
        self.overdue = overdue


def change_expiration(*, actor: Actor, wanted: Expiration, shown: Expiration, now: datetime, accepted: int = 0) -> bool:
    """Set for how long passwords are good, and tell whether that changed anything; acts at the next sign-in.

    ``shown`` is what the actor had before them; ``accepted`` is how many people they confirmed whose passwords would be
    too old at once. Counts before it locks anything: one query, however many people there are.

    :raises Refused: without the right, or without a fresh proof; nothing was changed.
    :raises ExpirationRefused: when a number is outside its limits; nothing was changed.
    :raises ExpirationChanged: when the settings are not as they were shown; nothing was changed.
    :raises OverdueNotConfirmed: when another number of passwords would be too old than was accepted.
    """
    decision = may_with_proof(actor, Permission.PASSWORD_EXPIRATION_WRITE, now=now)
    if decision.allowed:
        _require(wanted)
        overdue = count_overdue(Tenant.objects.get(pk=actor.tenant.pk), wanted, now=now)
        if overdue.count not in (0, accepted):
            raise OverdueNotConfirmed(overdue)
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
            decision = may_with_proof(reload_actor(actor), Permission.PASSWORD_EXPIRATION_WRITE, now=now)
            if decision.allowed:
                if Expiration.of(tenant) != shown:
                    raise ExpirationChanged
                return _write(actor, tenant, wanted, overdue=overdue, now=now)
    record_on_tenant(actor, Activity.SET_PASSWORD_POLICY, reason=decision.code, now=now)
    raise Refused(decision)


def count_overdue(tenant: Tenant, wanted: Expiration, *, now: datetime) -> Overdue:
    """Count whose passwords would be too old under the settings wanted and are not yet; one query, in the scope."""
    before, after = ExpiryRules.of(tenant), rules_after(tenant, wanted, now=now)
    if not after.days:
        return Overdue(count=0, at_once=0)
    people = User.objects.filter(password_ended_by(after.at_once(), now), deleted_at=None)
    found = people.filter(~has_age(before, now)).aggregate(
        count=Count("pk"), at_once=Count("pk", filter=has_age(after, now))
    )
    return Overdue(**found)


def rules_after(tenant: Tenant, wanted: Expiration, *, now: datetime) -> ExpiryRules:
    """Return the rules as they would be; the spread begins anew where passwords begin to end, or end sooner."""
    is_sooner = bool(wanted.days) and not 0 < tenant.password_days <= wanted.days
    since = now if is_sooner else tenant.password_expiry_since
    return ExpiryRules(days=wanted.days, spread_days=wanted.spread_days, since=since if wanted.days else None)


def _require(wanted: Expiration) -> None:
    is_good = (
        (not wanted.days or wanted.days in DAYS)
        and wanted.notice_days in NOTICE_DAYS
        and wanted.spread_days in SPREAD_DAYS
    )
    if not is_good:
        raise ExpirationRefused(wanted)


def _write(actor: Actor, tenant: Tenant, wanted: Expiration, *, overdue: Overdue, now: datetime) -> bool:
    before = Expiration.of(tenant)
    if wanted == before:
        return False
    tenant.password_expiry_since = rules_after(tenant, wanted, now=now).since
    tenant.password_reminded_at = None
    modified = []
    for name, named in NAMES.items():
        old, new = getattr(before, name), getattr(wanted, name)
        setattr(tenant, f"password_{name}", new)
        if old != new:
            modified.append((named, _told(name, old), _told(name, new)))
    tenant.save(
        update_fields=[*(f"password_{name}" for name in NAMES), "password_expiry_since", "password_reminded_at"]
    )
    details = {"TooOldAlready": str(overdue.count), "ExpiredAtOnce": str(overdue.at_once)} if overdue.count else {}
    record_on_tenant(actor, Activity.SET_PASSWORD_POLICY, modified=tuple(modified), details=details, now=now)
    return True


def _told(name: str, value: int) -> str:
    return "never" if name == "days" and not value else str(value)
