"""What a backup brings back that people had ended since, or never finished: sessions, trust, codes, waiting changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from users.models import ContactChange, Session, Tenant, TrustedDevice
from users.models.challenge import Challenge
from users.services.challenges import kill
from users.services.contacts import stop_waiting
from users.services.import_batches import stop_batches
from users.sessions import end_all_sessions
from users.trusted_devices import revoke

BATCH: Final = 500
"""People whose sessions, browsers or changes are ended by one statement."""


def end_what_people_had_open(tenant: Tenant, *, now: datetime) -> dict[str, int]:
    """End it for everybody of a tenant, and return how much of each there was; inside its scope and a transaction.

    A change of contact data that waits is stopped: its person may have done so after the backup.
    """
    sessions = Session.objects.filter(tenant=tenant, ended_at=None)
    browsers = TrustedDevice.objects.filter(revoked_at=None)
    changes = ContactChange.objects.filter(tenant_id=tenant.pk, done_at=None, stopped_at=None)
    return {
        "sessions": _end(sessions, lambda ids: end_all_sessions(ids, now=now)),
        "trusted_browsers": _end(browsers, lambda ids: revoke(ids, now=now)),
        "codes": _kill_codes(tenant, now=now),
        "contact_changes": _end(changes, lambda ids: stop_waiting(ids, now)),
        "imports": stop_batches(now=now),
    }


def _end(rows: QuerySet[Any, Any], end: Callable[[list[UUID]], None]) -> int:
    """Go through the people of these rows in the order of their ids, a batch at a time."""
    found, after = rows.count(), UUID(int=0)
    people = rows.order_by("user_id").values_list("user_id", flat=True).distinct()
    while ids := list(people.filter(user_id__gt=after)[:BATCH]):
        end(ids)
        after = ids[-1]
    return found


def _kill_codes(tenant: Tenant, *, now: datetime) -> int:
    waiting = Challenge.objects.filter(tenant_id=tenant.pk, used_at=None, replaced_at=None)
    return sum(kill(bound_to, now=now) for bound_to in set(waiting.values_list("bound_to", flat=True)))
