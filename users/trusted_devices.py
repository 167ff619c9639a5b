"""Browsers that need not give the second factor again for some days.

The cookie carries a random key of 256 bits, the row its SHA-256. Trust is older than nothing that ends sessions: a new
password, a block or *sign out everywhere* moves ``sessions_valid_from``, and what was trusted before is not any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from adminportal import correlation
from adminportal.queries import one_of, write
from adminportal.sealing import Secret
from users.models import TrustedDevice, User
from users.sessions import KEY_BYTES, digest_of
from users.tenancy import across_tenants

KEPT_AFTER_END: Final = timedelta(days=30)
REVOKE: Final = "UPDATE users_trusteddevice SET revoked_at = %s WHERE revoked_at IS NULL AND user_id {users}"
ONE: Final = " AND key_digest = %s"
SHOWN: Final = 50
"""Browsers that a page lists."""


def trust(user: User, *, days: int, now: datetime) -> Secret:
    """Trust the browser that is asking for so many days, and return the key that its cookie holds."""
    key = Secret(secrets.token_urlsafe(KEY_BYTES))
    TrustedDevice.objects.create(
        key_digest=digest_of(key),
        tenant_id=user.tenant_id,
        user=user,
        created_at=now,
        expires_at=now + timedelta(days=days),
        user_agent=correlation.current().user_agent[:256],
    )
    return key


def is_trusted(key: Secret, user: User, *, days: int, now: datetime) -> bool:
    """Tell whether this key was given to this person and is still good; one query, inside the scope.

    ``days`` are those that the organisation allows today: fewer end the trust that was given for more.
    """
    return bool(key.expose()) and _alive(user, days=days, now=now).filter(pk=digest_of(key)).exists()


def note_use(key: Secret, *, now: datetime) -> None:
    """Note that a browser was let by without the second factor; inside the scope."""
    TrustedDevice.objects.filter(pk=digest_of(key)).update(last_used_at=now)


def list_trusted(user: User, *, days: int, now: datetime) -> list[TrustedDevice]:
    """List the browsers of a person that are trusted, the newest first; one query, inside the scope."""
    return list(_alive(user, days=days, now=now).order_by("-created_at")[:SHOWN])


def revoke(user_ids: Iterable[UUID], *, now: datetime, only: TrustedDevice | None = None) -> None:
    """Trust no browser of these people any more, or one alone; one statement, inside the caller's transaction."""
    ids = list(user_ids)
    if ids:
        of_users, values = one_of(ids)
        write(REVOKE.format(users=of_users) + (ONE if only else ""), [now, *values, *([only.pk] if only else [])])


def _alive(user: User, *, days: int, now: datetime) -> QuerySet[TrustedDevice]:
    alive = TrustedDevice.objects.filter(
        user=user, revoked_at=None, expires_at__gt=now, created_at__gt=now - timedelta(days=days)
    )
    if user.sessions_valid_from:
        alive = alive.filter(created_at__gt=user.sessions_valid_from)
    return alive


def purge_trusted(now: datetime) -> int:
    """Delete rows of browsers whose trust ended thirty days ago."""
    with across_tenants():
        return TrustedDevice.objects.filter(expires_at__lt=now - KEPT_AFTER_END).delete()[0]
