"""Attempts that end before anything was reset: given up, run out, or replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from adminportal.audit.models import AuditEvent
from adminportal.purging import delete_oldest
from adminportal.queries import load
from adminportal.sealing import Secret
from sspr import attempts, trail
from sspr.flow import PROVEN, Event, State
from sspr.models import GateFailures, RecoveryAttempt, RecoveryLock
from sspr.services.ending import end_attempt
from sspr.subjects import subjects_of
from users.models import User

AT_ONCE: Final = 200
KEPT: Final = timedelta(days=400)
"""How long the attempts of people are kept, for reports."""
KEPT_OF_NOBODY: Final = timedelta(days=30)
"""How long is kept what was done with names that nobody has."""

RAN_OUT: Final = """
    SELECT {columns} FROM sspr_recoveryattempt a LEFT JOIN users_user u ON u.id = a.user_id
    WHERE a.ended_at IS NULL AND a.expires_at < %s ORDER BY a.id LIMIT %s
"""
OPEN_IN: Final = """
    SELECT {{columns}} FROM sspr_recoveryattempt a LEFT JOIN users_user u ON u.id = a.user_id
    WHERE a.ended_at IS NULL AND a.tenant_id {tenant} AND a.id > %s ORDER BY a.id LIMIT %s
"""
IN_THIS_BROWSER: Final = """
    SELECT {columns} FROM sspr_recoveryattempt a LEFT JOIN users_user u ON u.id = a.user_id
    WHERE a.ended_at IS NULL AND a.cookie_digest = %s
"""


def cancel(attempt: RecoveryAttempt, *, now: datetime) -> bool:
    """End an attempt because its person said so; False where it had ended or moved on."""
    with transaction.atomic():
        attempts.lock_all(attempt.subject)
        reason = trail.CANCELLED_LATE if State(attempt.state) in PROVEN else trail.CANCELLED_EARLY
        return end_attempt(attempt, Event.CANCEL, reason=reason, now=now)


def end_in_this_browser(cookie: Secret | None, *, now: datetime) -> None:
    """End the attempt that a browser had before it began another one; inside a transaction."""
    digest = attempts.digest_of(cookie) if cookie else ""
    for attempt in _load(IN_THIS_BROWSER, [digest], skip_locked=True):
        end_attempt(attempt, Event.CANCEL, reason=trail.CANCELLED_EARLY, now=now)


def end_all_of(person: User, *, now: datetime) -> None:
    """End every open attempt for a person for whom self-service was closed, so that opening it again revives none.

    Inside a transaction that holds the person: attempts come after them in the order of locks.
    """
    for subject in subjects_of(person.upn_folded):
        for attempt in attempts.lock_all(subject):
            end_attempt(attempt, Event.LIMIT, reason=trail.CLOSED_MEANWHILE, now=now)


def close_abandoned(now: datetime) -> int:
    """End the attempts whose 15 minutes are over, each with its row in the audit log; returns how many."""
    with transaction.atomic():
        over = _load(RAN_OUT, [now, AT_ONCE], skip_locked=True)
        submitted = _submitted(over)
        reasons = {each.pk: trail.abandoned(each, has_submitted=each.pk in submitted) for each in over}
        return sum(end_attempt(each, Event.RAN_OUT, reason=reasons[each.pk], now=now) for each in over)


def end_all_in(tenant_id: UUID | None, *, now: datetime) -> int:
    """End every open attempt of a tenant, or with None of names in no tenant, as after a backup was put back.

    Inside a transaction; returns how many.
    """
    sql = OPEN_IN.format(tenant="= %s" if tenant_id else "IS NULL")
    of_tenant = [tenant_id] if tenant_id else []
    ended, after = 0, UUID(int=0)
    while found := _load(sql, [*of_tenant, after, AT_ONCE], skip_locked=False):
        ended += sum(end_attempt(each, Event.RAN_OUT, reason=trail.RESTORED_MEANWHILE, now=now) for each in found)
        after = found[-1].pk
    return ended


def _submitted(over: list[RecoveryAttempt]) -> set[UUID]:
    """Return the attempts in which a password was posted; one query, and none where nobody came so far."""
    asked = [attempt for attempt in over if attempt.state == State.NEW_PASSWORD]
    if not asked:
        return set()
    rows = AuditEvent.objects.filter(
        tenant_id__in={attempt.tenant_id for attempt in asked}, correlation_id__in=[attempt.pk for attempt in asked]
    )
    return set(rows.filter(reason=trail.SUBMITTED_PASSWORD).order_by().values_list("correlation_id", flat=True))


def purge(now: datetime) -> int:
    """Delete attempts, locks and failures that nobody needs any more, some of each; returns how many rows."""
    old = RecoveryAttempt.objects.filter(ended_at__isnull=False)
    return sum(
        (
            delete_oldest(RecoveryLock.objects.filter(until__lt=now - timedelta(days=1)), by="until"),
            delete_oldest(old.filter(created_at__lt=now - KEPT), by="created_at"),
            delete_oldest(old.filter(created_at__lt=now - KEPT_OF_NOBODY, user=None), by="created_at"),
            delete_oldest(
                GateFailures.objects.filter(changed_at__lt=now - KEPT_OF_NOBODY, user_id=None), by="changed_at"
            ),
        )
    )


def _load(sql: str, values: list[object], *, skip_locked: bool) -> list[RecoveryAttempt]:
    lock = " FOR NO KEY UPDATE OF a SKIP LOCKED" if connection.features.has_select_for_update and skip_locked else ""
    found = []
    for attempt, user in load(sql + lock, values, models={"a": RecoveryAttempt, "u": User}):
        attempt.user = user
        found.append(attempt)
    return found
