"""The end of life of passwords: of temporary ones that nobody changed, and of one that a stranger has set."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from adminportal.insertion import insert_rows
from passwords.models import PasswordHistory, PasswordReset
from passwords.services.password_columns import save_passwords
from users.actors import SYSTEM
from users.models import User
from users.snapshots import target_of
from users.tenancy import across_tenants

MOST_AT_ONCE = 500
"""Rows noted by one run of the sweep."""


def note_expired(now: datetime) -> int:
    """Record temporary passwords whose time is over, in every tenant; each once. The sign-in refuses them by itself."""
    with transaction.atomic(), across_tenants():
        over = PasswordReset.objects.select_for_update(of=("self",)).filter(
            temporary_expires_at__lte=now, replaced_at=None, expiry_noted_at=None
        )
        rows = list(over.select_related("target").order_by("temporary_expires_at")[:MOST_AT_ONCE])
        PasswordReset.objects.filter(pk__in=[row.pk for row in rows]).update(expiry_noted_at=now)
        record(*(_entry(row) for row in rows), now=now)
    return len(rows)


def end_password(user: User, *, now: datetime) -> None:
    """Make a person's password useless, like a temporary one whose time is over; under the lock of their row.

    It is remembered among the older ones. Whoever types it is told to ask for a new one; a reset ends the state.
    """
    if user.has_usable_password() and not user.is_temporary:
        retired = {"tenant_id": user.tenant_id, "user_id": user.pk, "password": user.password, "retired_at": now}
        insert_rows(PasswordHistory, [retired])
    user.is_temporary = user.must_change = True
    user.temporary_expires_at = now
    save_passwords([user])


def _entry(row: PasswordReset) -> Entry:
    return Entry(
        tenant_id=row.tenant_id,
        activity=Activity.TEMPORARY_PASSWORD_EXPIRED,
        actor=SYSTEM,
        targets=(target_of(row.target),),
        correlation_id=row.correlation_id,
    )
