"""Forgets trusted browsers of one's own: each is then asked for the second factor again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from adminportal.audit.record import record
from adminportal.audit.tags import Activity
from users.models import User
from users.services.directory_changes import lock_people
from users.services.sign_in_records import own_entry
from users.trusted_devices import list_trusted, revoke


def forget_browser(user: User, *, reference: str, days: int, now: datetime) -> bool:
    """Trust one browser no more; false where nobody trusts it any more. Inside the scope.

    ``days`` are those for which the organization lets browsers be trusted.
    """
    with transaction.atomic():
        lock_people([user.pk])
        found = [device for device in list_trusted(user, days=days, now=now) if device.reference == reference]
        for device in found:
            revoke([user.pk], now=now, only=device)
            record(own_entry(Activity.REMOVED_TRUSTED_BROWSER, user), now=now)
    return bool(found)


def forget_all_browsers(user: User, *, days: int, now: datetime) -> int:
    """Trust no browser any more, also none that a longer trust would revive; returns how many were trusted."""
    with transaction.atomic():
        lock_people([user.pk])
        found = list_trusted(user, days=days, now=now)
        revoke([user.pk], now=now)
        record(*(own_entry(Activity.REMOVED_TRUSTED_BROWSER, user) for _ in found), now=now)
    return len(found)
