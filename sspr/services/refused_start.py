"""Page 1 refuses a name that is closed, or was given too often: alike for every name, and always written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from adminportal import correlation, throttle
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.throttle import Throttled
from sspr import locks, trail
from sspr.models import RecoveryAttempt
from sspr.rules import policy_of
from sspr.services.notices import tell_locked
from sspr.situation import first_look, ghost_tenant
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
            wait = _lock_where_asked_for(draft, now=now) or timedelta(seconds=limit.retry_after)
        raise Later(retry_after=_seconds(wait)) from None


def _lock_where_asked_for(draft: RecoveryAttempt, *, now: datetime) -> timedelta | None:
    """Write down a name that is given too often (L01), and close self-service for it where the tenant has it so.

    The account is told as by every other lock; the same work where there is nobody to tell.
    """
    entry = _entry(draft, trail.TOO_MANY_STARTS, limit="L01")
    hours = policy_of(draft.tenant or ghost_tenant()).start_lock_hours
    if not hours:
        record(entry, now=now)
        return None
    lasts = timedelta(hours=hours)
    locks.close(draft.subject, until=now + lasts, limit="L01", user_id=draft.user.pk if draft.user else None)
    situation = first_look(draft)
    details = {"Limit": "L01"}
    activity, reason = Activity.BLOCKED_FROM_SELF_SERVICE_PASSWORD_RESET, trail.began_too_often(hours)
    record(entry, trail.entry(activity, draft, reason=reason, details=details), now=now)
    tell_locked(situation, until=now + lasts, now=now)
    return lasts


def _entry(draft: RecoveryAttempt, reason: str, *, limit: str) -> Entry:
    # Nothing of the attempt is kept: what was written is found by the request alone.
    draft.id = correlation.current().correlation_id
    return trail.progress(draft, reason, result=Result.FAILURE, details={"Limit": limit})


def _seconds(left: timedelta) -> int:
    return max(1, -(-left // timedelta(seconds=1)))
