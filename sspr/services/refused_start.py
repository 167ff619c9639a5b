"""Page 1 refuses a name that is closed, or was given too often: alike for every name, and always written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from adminportal import correlation, throttle
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Result
from adminportal.throttle import Throttled
from sspr import locks, trail
from sspr.models import RecoveryAttempt
from sspr.rules import policy_of
from sspr.situation import ghost_tenant
from sspr.subjects import subjects_of


class Later(Exception):
    """Too many attempts for this name, or it is locked: the same answer for every name; seconds to wait."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


def refuse_when_closed(draft: RecoveryAttempt, folded: str, *, now: datetime) -> None:
    """Ask the lock first, and count afterwards: who is locked does not lengthen the wait.

    Not inside a transaction. The row of a refusal carries the id of the request, which is the Support code of its page.

    :raises Later: when self-service is closed for the name, or it was given too often (L01).
    """
    closed = locks.read(subjects_of(folded), now=now)
    if closed.until:
        with transaction.atomic():
            record(_entry(draft, trail.CLOSED, limit=closed.limit), now=now)
        raise Later(retry_after=_seconds(closed.until - now))
    try:
        throttle.check("L01", key=draft.subject, now=now)
    except Throttled as limit:
        with transaction.atomic():
            _lock_where_asked_for(draft, now=now)
            record(_entry(draft, trail.TOO_MANY_STARTS, limit="L01"), now=now)
        raise Later(retry_after=limit.retry_after) from None


def _lock_where_asked_for(draft: RecoveryAttempt, *, now: datetime) -> None:
    """Close self-service for a name that is given too often, where the tenant's setting says so (L01)."""
    policy = policy_of(draft.tenant or ghost_tenant())
    if policy.start_lock_hours:
        until = now + timedelta(hours=policy.start_lock_hours)
        locks.close(draft.subject, until=until, limit="L01", user_id=None)


def _entry(draft: RecoveryAttempt, reason: str, *, limit: str) -> Entry:
    # Nothing of the attempt is kept: what was written is found by the request alone.
    draft.id = correlation.current().correlation_id
    return trail.progress(draft, reason, result=Result.FAILURE, details={"Limit": limit})


def _seconds(left: timedelta) -> int:
    return max(1, -(-left // timedelta(seconds=1)))
