"""Attempts of the wizard as rows: found by a cookie alone, moved by compare-and-set, ended once.

Order of locks: the person's row, where it is needed at all, then every open attempt of the account by id, then
counters. Whoever moves an attempt holds all open ones of its account, so that what is counted against an account is
counted one after the other, whichever browser it comes from.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from adminportal import sealing
from adminportal.insertion import insert_rows, row_of
from adminportal.queries import execute, load
from adminportal.sealing import Secret
from sspr.eligibility import Way
from sspr.flow import Event, State, next_state
from sspr.models import RecoveryAttempt
from users.models import Tenant, User

KEY_BYTES: Final = 32
"""Entropy of the key in the cookie, in bytes."""
LIFETIME: Final = timedelta(minutes=15)
"""How long an attempt lives from page 1 on; nothing makes it longer but the wait of an administrator."""
MOST_POSTS: Final = 60
"""Posts of one attempt (L20); the next one ends it."""
LONGEST_REASON: Final = 80
MOVING: Final = (
    "state",
    "moves",
    "posts",
    "is_unlock",
    "gates_required",
    "policy_version",
    "chosen_gate",
    "proven_gates",
    "proven_destinations",
    "expires_at",
    "wait_until",
    "ended_at",
    "end_reason",
)
"""Columns that change on the way; the others stand from the first page on."""

FIND: Final = """
    SELECT {columns} FROM sspr_recoveryattempt a
    LEFT JOIN users_user u ON u.id = a.user_id LEFT JOIN users_tenant t ON t.id = a.tenant_id
    WHERE a.cookie_digest = %s AND a.expires_at >= %s
"""
LOCK: Final = """
    SELECT {columns} FROM sspr_recoveryattempt a
    LEFT JOIN users_user u ON u.id = a.user_id LEFT JOIN users_tenant t ON t.id = a.tenant_id
    WHERE a.subject = %s AND a.ended_at IS NULL ORDER BY a.id
"""
CLAIM: Final = """
    UPDATE sspr_recoveryattempt SET moves = moves + 1, posts = posts + 1
    WHERE id = %s AND cookie_digest = %s AND moves = %s AND state = %s
        AND ended_at IS NULL AND expires_at >= %s AND posts < %s
"""
COUNT_POST: Final = "UPDATE sspr_recoveryattempt SET posts = posts + 1 WHERE id = %s AND ended_at IS NULL"
END: Final = """
    UPDATE sspr_recoveryattempt SET state = %s, ended_at = %s, end_reason = %s, moves = moves + 1
    WHERE id = %s AND state = %s AND ended_at IS NULL
"""


def digest_of(key: Secret) -> str:
    """Return what the row keeps of the key in the cookie."""
    return hashlib.sha256(key.expose().encode()).hexdigest()


def new_key() -> Secret:
    """Return a fresh key for the cookie."""
    return Secret(secrets.token_urlsafe(KEY_BYTES))


def mark_of(way: Way) -> str:
    """Return how an attempt remembers the place that a proof came from."""
    return sealing.keyed_digest("sspr-place", way.key)


def add(attempt: RecoveryAttempt) -> None:
    """Insert an attempt; one statement."""
    insert_rows(RecoveryAttempt, [{k: v for k, v in row_of(attempt).items() if k not in ("user", "tenant")}])


def find(cookie: Secret, *, now: datetime) -> RecoveryAttempt | None:
    """Return the attempt of a cookie with its person and tenant, also one that has ended; None after 15 minutes.

    One query. What was found may be shown; to move it, each step asks the row again.
    """
    return next(iter(_load(FIND, [digest_of(cookie), now])), None)


def is_open(attempt: RecoveryAttempt, *, now: datetime) -> bool:
    """Tell whether an attempt goes on."""
    return attempt.ended_at is None and now <= attempt.expires_at


def lock_all(subject: str) -> list[RecoveryAttempt]:
    """Take every open attempt of an account, in one order for all, with person and tenant; inside a transaction."""
    lock = " FOR NO KEY UPDATE OF a" if connection.features.has_select_for_update else ""
    return _load(LOCK + lock, [subject])


def _load(sql: str, values: Sequence[object]) -> list[RecoveryAttempt]:
    found = []
    for attempt, user, tenant in load(sql, values, models={"a": RecoveryAttempt, "u": User, "t": Tenant}):
        attempt.user, attempt.tenant = user, tenant
        if user is not None and tenant is not None:
            user.tenant = tenant
        found.append(attempt)
    return found


def claim(attempt: RecoveryAttempt, *, moves: int, state: State, now: datetime) -> bool:
    """Spend the form that was rendered at ``moves`` in ``state``; of many who post it, one gets True.

    Two statements at most: a post that answers no page of now is counted all the same (L20). Inside a transaction that
    holds the attempt.
    """
    key = [attempt.pk, attempt.cookie_digest, moves, state.value, now, MOST_POSTS]
    if execute(CLAIM, key):
        attempt.moves, attempt.posts = moves + 1, attempt.posts + 1
        return True
    count_post(attempt)
    return False


def count_post(attempt: RecoveryAttempt) -> None:
    """Count a post that answers no page of now (L20)."""
    execute(COUNT_POST, [attempt.pk])


def take_over(attempt: RecoveryAttempt, fresh: RecoveryAttempt) -> None:
    """Put on an attempt what its row holds, and the person as they are now; who it is about never changes."""
    for column in MOVING:
        setattr(attempt, column, getattr(fresh, column))
    attempt.user, attempt.tenant = fresh.user, fresh.tenant


def advance(attempt: RecoveryAttempt, event: Event, **changes: Any) -> None:
    """Write where an event leads, with further columns; the row is held by whoever calls.

    :raises sspr.flow.IllegalStep: when the event cannot happen here; nothing is written then.
    """
    state = next_state(State(attempt.state), event)
    mine = RecoveryAttempt.objects.filter(pk=attempt.pk, state=attempt.state, moves=attempt.moves, ended_at=None)
    if not mine.update(state=state.value, **changes):
        raise MovedOn
    for name, value in {"state": state.value, **changes}.items():
        setattr(attempt, name, value)


def end(attempt: RecoveryAttempt, event: Event, *, reason: str, now: datetime) -> bool:
    """End an attempt by one of the ways out; False where it has ended or moved on meanwhile."""
    state = next_state(State(attempt.state), event)
    short = reason[:LONGEST_REASON]
    if not execute(END, [state.value, now, short, attempt.pk, attempt.state]):
        return False
    attempt.state, attempt.ended_at, attempt.end_reason = state.value, now, short
    return True


class MovedOn(Exception):
    """The attempt is not where it was when it was read; nothing of this step is kept."""


def overtaken_by(attempt: RecoveryAttempt, others: Sequence[RecoveryAttempt]) -> list[RecoveryAttempt]:
    """Return the older ones among the open attempts of the same account."""
    key = (attempt.created_at, attempt.pk)
    return [other for other in others if (other.created_at, other.pk) < key]


def ids(attempts: Sequence[RecoveryAttempt]) -> list[UUID]:
    """Return the ids of attempts."""
    return [attempt.pk for attempt in attempts]
