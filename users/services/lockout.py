"""Smart lockout: counts wrong sign-ins of a name before the hash is made, so that parallel guesses count too.

Source of the numbers: Entra, howto-password-smart-lockout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from adminportal import sealing
from adminportal.hashing import HashingBusy
from adminportal.queries import Question, execute, load, one_of, places, to_load, write
from adminportal.sealing import Secret
from users.models import SignInGuard

MODELS: Final[dict[str, type[Model]]] = {"users_signinguard": SignInGuard}
LONGEST_LOCK_SECONDS = 3_600
FORGET_AFTER = timedelta(hours=24)
REMEMBERED_WRONG = 3
"""How many wrong passwords are remembered, as 16-bit digests, so that repeating one is not counted."""

INSERT_OR_LOCK = """
    INSERT INTO users_signinguard
        (name_digest, is_familiar, failures, failures_in_a_row, locks, locked_until, last_failure_at, recent_wrong)
    SELECT %s, %s, COALESCE(old.failures, 0), COALESCE(old.failures_in_a_row, 0), COALESCE(old.locks, 0),
        old.locked_until, old.last_failure_at, COALESCE(old.recent_wrong, '[]')
    FROM (SELECT 1) AS one LEFT JOIN users_signinguard AS old ON old.name_digest IN ({older}) AND old.is_familiar = %s
    WHERE true ORDER BY old.last_failure_at DESC NULLS LAST LIMIT 1
    ON CONFLICT (name_digest, is_familiar) DO UPDATE SET name_digest = excluded.name_digest
    RETURNING {columns}
"""
"""The update that changes nothing takes the row's lock, which DO NOTHING would not, and so RETURNING has a row.

A row that is new takes over what was counted under an older sealing key, so that a rotation of keys forgets nothing.
"""

SAVE = """
    UPDATE users_signinguard
    SET user_id = %s, failures = %s, failures_in_a_row = %s, locks = %s, locked_until = %s, last_failure_at = %s,
        recent_wrong = %s
    WHERE id = %s
"""
FORGET = """
    UPDATE users_signinguard
    SET failures = 0, failures_in_a_row = 0, locks = 0, locked_until = NULL, last_failure_at = NULL, recent_wrong = '[]'
    WHERE is_familiar = %s AND name_digest IN ({digests})
"""
REMOVE = "DELETE FROM users_signinguard WHERE name_digest {digests}"  # noqa: S608  # placeholders, no values


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutRules:
    """The tenant's numbers; the defaults also hold for names of no tenant."""

    threshold: int = 10
    first_seconds: int = 60
    hard_stop: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A try that is already counted; ``is_locked`` means that it cannot succeed.

    ``name_digests`` are those of the name under every sealing key, the newest first: that one counts.
    """

    name_digests: tuple[str, ...]
    is_familiar: bool
    is_locked: bool
    counted: bool = False
    lock_set_until: datetime | None = None


def digests_of_name(folded_name: str) -> tuple[str, ...]:
    """Return the keyed digests under which a typed name is and was counted, the newest key first."""
    return tuple(sealing.digests_of_all_keys("sign-in-name", folded_name))


def reserve(
    *, folded_name: str, is_familiar: bool, rules: LockoutRules, now: datetime, user_id: UUID | None = None
) -> Ticket:
    """Count one try before its hash is made; one transaction of two queries for every kind of name.

    ``user_id`` is whose name it is, where it is somebody's: locked people are listed by it. A caller that has begun the
    transaction, to have :func:`lock_question` asked ahead, ends it before the hash.
    """
    digests = digests_of_name(folded_name)
    with transaction.atomic(savepoint=False):
        guard = _locked_row(digests, is_familiar=is_familiar)
        guard.user_id = user_id or guard.user_id
        _forget(guard, now=now)
        stopped = not is_familiar and 0 < rules.hard_stop <= guard.failures_in_a_row
        if stopped or (guard.locked_until and guard.locked_until > now):
            # A moment that is over locks nobody; it tells the list of locked people that there is something to see.
            guard.locked_until = guard.locked_until or now
            _save(guard)
            return Ticket(name_digests=digests, is_familiar=is_familiar, is_locked=True)
        lock_until = _count(guard, rules=rules, now=now)
        _save(guard)
    return Ticket(
        name_digests=digests, is_familiar=is_familiar, is_locked=False, counted=True, lock_set_until=lock_until
    )


def lock_question(folded_name: str, *, is_familiar: bool) -> Question:
    """Return what :func:`reserve` asks first, to be asked ahead inside the transaction that is to lock the row."""
    return to_load(*_insert_or_lock(digests_of_name(folded_name), is_familiar=is_familiar), models=MODELS)


@contextmanager
def judging(ticket: Ticket) -> Iterator[None]:
    """Take the try back when no hash slot came free inside the block: nobody has judged its password.

    Otherwise a burst of sign-ins would lock the people whom the portal itself sent away.
    """
    try:
        yield
    except HashingBusy:
        if ticket.counted:
            with transaction.atomic():
                guard = _locked_row(ticket.name_digests, is_familiar=ticket.is_familiar)
                _take_back(guard, ticket)
                _save(guard)
        raise


def settle_right(ticket: Ticket) -> None:
    """Forget every failure after a right sign-in; inside the caller's transaction."""
    # Where a reset has removed the row meanwhile there is nothing to forget.
    digests = ticket.name_digests
    write(FORGET.format(digests=places(len(digests))), [ticket.is_familiar, *digests])


def settle_wrong(ticket: Ticket, *, password: Secret, now: datetime) -> bool:
    """Keep the count, or take it back when the same wrong password was typed before; tell whether a lock began.

    Inside the caller's transaction.
    """
    guard = _locked_row(ticket.name_digests, is_familiar=ticket.is_familiar)
    traces = _traces(ticket.name_digests, password)
    remembered = [entry for entry in guard.recent_wrong if entry[1] > (now - FORGET_AFTER).isoformat()]
    repeated = any(entry[0] in traces for entry in remembered)
    if ticket.counted and repeated:
        _take_back(guard, ticket)
    guard.recent_wrong = remembered if repeated else [*remembered, [traces[0], now.isoformat()]][-REMEMBERED_WRONG:]
    _save(guard)
    return ticket.lock_set_until is not None and not repeated


def clear(folded_names: list[str]) -> None:
    """Unlock names, from familiar and unfamiliar places alike; inside the caller's transaction."""
    digests = [digest for name in folded_names for digest in digests_of_name(name)]
    if digests:
        of_names, values = one_of(digests, kind="text")
        write(REMOVE.format(digests=of_names), values)


def locked_until(folded_name: str, *, now: datetime) -> datetime | None:
    """Return until when a name is locked from any place, or None."""
    rows = SignInGuard.objects.filter(name_digest__in=digests_of_name(folded_name), locked_until__gt=now)
    return max((row.locked_until for row in rows if row.locked_until), default=None)


def _locked_row(digests: tuple[str, ...], *, is_familiar: bool) -> SignInGuard:
    """Insert the row or lock the one that is there, and read it: one query for every kind of name."""
    ((guard,),) = load(*_insert_or_lock(digests, is_familiar=is_familiar), models=MODELS)
    return cast(SignInGuard, guard)


def _insert_or_lock(digests: tuple[str, ...], *, is_familiar: bool) -> Question:
    newest, *older = digests
    sql = INSERT_OR_LOCK.format(older=places(len(older)) or "''", columns="{columns}")
    return sql, (newest, is_familiar, *older, is_familiar)


def _save(guard: SignInGuard) -> None:
    counts = [guard.failures, guard.failures_in_a_row, guard.locks, guard.locked_until, guard.last_failure_at]
    execute(SAVE, [guard.user_id, *counts, json.dumps(guard.recent_wrong), guard.pk])


def _forget(guard: SignInGuard, *, now: datetime) -> None:
    if guard.last_failure_at and guard.last_failure_at <= now - FORGET_AFTER:
        guard.failures = guard.locks = 0


def _count(guard: SignInGuard, *, rules: LockoutRules, now: datetime) -> datetime | None:
    guard.failures += 1
    guard.failures_in_a_row += 1
    guard.last_failure_at = now
    if guard.failures < rules.threshold and guard.locks == 0:
        return None
    seconds = min(LONGEST_LOCK_SECONDS, rules.first_seconds * 2 ** min(guard.locks, 12))
    guard.locks += 1
    guard.locked_until = now + timedelta(seconds=seconds)
    return guard.locked_until


def _take_back(guard: SignInGuard, ticket: Ticket) -> None:
    guard.failures = max(0, guard.failures - 1)
    guard.failures_in_a_row = max(0, guard.failures_in_a_row - 1)
    if ticket.lock_set_until and guard.locked_until == ticket.lock_set_until:
        guard.locks = max(0, guard.locks - 1)
        guard.locked_until = None


def _traces(name_digests: tuple[str, ...], password: Secret) -> list[str]:
    """Return the 16-bit digest of a wrong password under each sealing key, the newest first."""
    return [
        sealing.digests_of_all_keys("wrong-password", f"{digest}\x00{password.expose()}")[turn][:4]
        for turn, digest in enumerate(name_digests)
    ]
