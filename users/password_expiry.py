"""When a password is over: one rule for a person in the hand and for all of them in the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Right, StrIndex, Substr
from django.db.models.lookups import In

from users.models import Domain, Tenant, User, UserType

DIGITS: Final = "0123456789abcdef"
"""Last signs that the id of a person can have: each is one share of a spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryRules:
    """For how many days a password is good, 0 for ever; old ones are spread over days from the moment ``since`` on."""

    days: int = 0
    spread_days: int = 0
    since: datetime | None = None

    @classmethod
    def of(cls, tenant: Tenant) -> Self:
        """Return what an organization has set."""
        return cls(
            days=tenant.password_days, spread_days=tenant.password_spread_days, since=tenant.password_expiry_since
        )

    def at_once(self) -> Self:
        """Return the same rules without a spread."""
        return replace(self, since=None)

    def share_of(self, digit: str) -> timedelta:
        """Return how long after ``since`` the passwords of people with this last digit stay good at least."""
        return timedelta(days=self.spread_days) * DIGITS.index(digit) / len(DIGITS)


def digit_of(user_id: UUID) -> str:
    """Return the digit that chooses a person's share of a spread."""
    return user_id.hex[-1]


def password_ends_at(user: User, *, rules: ExpiryRules, is_federated: bool) -> datetime | None:
    """Return the first moment at which a person's password is over; None where it never is.

    Passwords of other sources, of guests, and those that were never issued know no such moment.
    """
    is_ours = is_password_of_ours(user, is_federated=is_federated)
    if not rules.days or not is_ours or user.password_never_expires or user.password_changed_at is None:
        return None
    end = user.password_changed_at + timedelta(days=rules.days)
    return max(end, rules.since + rules.share_of(digit_of(user.pk))) if rules.since else end


def is_password_of_ours(user: User, *, is_federated: bool) -> bool:
    """Tell whether a person has a password that this organization issued and keeps."""
    is_elsewhere = is_federated or user.on_premises_sync_enabled or user.user_type != UserType.MEMBER
    return not is_elsewhere and user.password_issued_at is not None


def own_password_ends_at(user: User, *, tenant: Tenant) -> datetime | None:
    """Return the end of one's own password; one query where passwords end, inside the scope."""
    if not tenant.password_days:
        return None
    name = user.upn_folded.partition("@")[2]
    is_federated = Domain.objects.filter(name=name, is_federated=True).exists()
    return password_ends_at(user, rules=ExpiryRules.of(tenant), is_federated=is_federated)


def password_ended_by(rules: ExpiryRules, moment: datetime) -> Q:
    """Return whose password is over at a moment, the same people as :func:`password_ends_at` says; inside the scope.

    The age stands alone in it, so that an index of the last changes answers; no share is reckoned in the database.
    """
    ours = Q(
        password_issued_at__isnull=False,
        password_never_expires=False,
        on_premises_sync_enabled=False,
        user_type=UserType.MEMBER,
    )
    return has_age(rules, moment) & ours & ~_in_federated_domain()


def has_age(rules: ExpiryRules, moment: datetime) -> Q:
    """Return whose password would be over at a moment by its age alone, whatever else holds of the person."""
    digits = [each for each in DIGITS if not rules.since or rules.since + rules.share_of(each) <= moment]
    if not rules.days or not digits:
        return Q(pk__in=[])
    return Q(password_changed_at__lte=moment - timedelta(days=rules.days)) & _with_digits(digits)


def password_ends_between(rules: ExpiryRules, after: datetime, until: datetime) -> Q:
    """Return whose password ends later than one moment and not later than another; inside the scope.

    Once every share of a spread is over, the last changes lie between two moments, which an index of them answers.
    """
    over = [each for each in DIGITS if not rules.since or rules.since + rules.share_of(each) <= after]
    younger = Q(password_changed_at__gt=after - timedelta(days=rules.days))
    is_later = younger if len(over) == len(DIGITS) else younger | ~_with_digits(over)
    return password_ended_by(rules, until) & is_later


def _with_digits(digits: list[str]) -> Q:
    if len(digits) == len(DIGITS):
        return Q()
    # The last sign is the same with and without the dashes that databases write an id with.
    last = Right(Cast(F("pk"), CharField(max_length=36)), 1)
    return Q(In(last, digits))


def _in_federated_domain() -> Q:
    name = OuterRef("upn_folded")
    domain = Substr(name, StrIndex(name, Value("@")) + 1)
    return Q(Exists(Domain.objects.filter(is_federated=True, tenant=OuterRef("tenant"), name=domain)))
