"""What is counted against an account, known or not, and what it closes: never signing in, only self-service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from adminportal import throttle
from adminportal.queries import execute, load, places
from sspr.models import Gate, RecoveryLock
from sspr.subjects import subjects_of
from users.models import ContactKind, MethodKind, User
from users.services.method_admin import EVERYTHING
from users.services.method_changes import RECOVERY_CODES, SECURITY_QUESTIONS

LOCK_LASTS: Final = timedelta(hours=24)
PAUSE_LASTS: Final = timedelta(hours=1)
OWN_LIMITS: Final = ("L01", "L04", "L05", "L06", "L07", "L08", "L09")
"""Counters of the account itself, cleared when it was reset; those of sources and destinations stay."""
WRONG_PROOF: Final[dict[Gate, tuple[str, ...]]] = {
    Gate.APP: ("L06", "L04"),
    Gate.QUESTIONS: ("L07", "L04"),
}
"""Limits that a wrong proof counts for, beside ``L04`` alone for every other method; the first one names the lock."""
SENDS: Final[dict[Gate, str]] = {
    Gate.EMAIL: "L09",
    Gate.MOBILE_SMS: "L08",
    Gate.MOBILE_VOICE: "L08",
    Gate.OFFICE_VOICE: "L08",
}
PHONES: Final = frozenset({Gate.MOBILE_SMS, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE})

GATES_OF: Final[dict[str, tuple[Gate, ...]]] = {
    ContactKind.ALTERNATE_EMAIL: (Gate.EMAIL,),
    ContactKind.MOBILE_PHONE: (Gate.MOBILE_SMS, Gate.MOBILE_VOICE),
    ContactKind.OFFICE_PHONE: (Gate.OFFICE_VOICE,),
    MethodKind.EMAIL: (Gate.EMAIL,),
    MethodKind.EXTRA_EMAIL: (Gate.EMAIL,),
    MethodKind.AUTHENTICATOR: (Gate.APP,),
    RECOVERY_CODES: (Gate.RECOVERY_CODE,),
    EVERYTHING: tuple(Gate),
    SECURITY_QUESTIONS: (Gate.QUESTIONS,),
}
"""Methods that a change of contact data or of a registered method concerns; telephones of both have one name."""

READ: Final = "SELECT {columns} FROM sspr_recoverylock l WHERE l.subject IN ({subjects}) AND l.until > %s"
CLOSE: Final = """
    INSERT INTO sspr_recoverylock (subject, gate, until, "limit", user_id) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (subject, gate) DO UPDATE SET until = excluded.until, "limit" = excluded."limit",
        user_id = excluded.user_id
    WHERE sspr_recoverylock.until < excluded.until
"""
FAIL: Final = """
    INSERT INTO sspr_gatefailures (subject, gate, in_a_row, user_id, changed_at) VALUES (%s, %s, 1, %s, %s)
    ON CONFLICT (subject, gate) DO UPDATE SET in_a_row = sspr_gatefailures.in_a_row + 1,
        user_id = excluded.user_id, changed_at = excluded.changed_at
"""
FORGIVE: Final = "DELETE FROM sspr_gatefailures WHERE subject IN ({subjects})"  # noqa: S608  # placeholders, no values
FORGIVE_ONE: Final = "DELETE FROM sspr_gatefailures WHERE subject = %s AND gate = %s"
FORGIVE_GATES: Final = "DELETE FROM sspr_gatefailures WHERE subject IN ({subjects}) AND gate IN ({gates})"  # noqa: S608
OPEN_AGAIN: Final = "DELETE FROM sspr_recoverylock WHERE subject = %s AND gate <> ''"
OPEN_ALL: Final = "DELETE FROM sspr_recoverylock WHERE subject IN ({subjects}) AND until > %s"  # noqa: S608  # the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What of self-service is closed for an account now; ``limit`` is the one that closed all of it."""

    until: datetime | None = None
    limit: str = ""
    paused: frozenset[Gate] = frozenset()


def read(subjects: list[str], *, now: datetime) -> Closed:
    """Return what is closed for an account; one query."""
    asked = READ.format(columns="{columns}", subjects=places(len(subjects)))
    rows = [lock for (lock,) in load(asked, [*subjects, now], models={"l": RecoveryLock})]
    whole = max((lock for lock in rows if not lock.gate), key=lambda lock: lock.until, default=None)
    paused = frozenset(Gate(lock.gate) for lock in rows if lock.gate)
    return Closed(until=whole.until, limit=whole.limit, paused=paused) if whole else Closed(paused=paused)


def close(subject: str, *, until: datetime, limit: str, user_id: UUID | None, gate: Gate | None = None) -> None:
    """Close all of self-service for an account, or one method of it; a longer lock that is there stays."""
    execute(CLOSE, [subject, gate.value if gate else "", until, limit, user_id])


def count_wrong(subject: str, gate: Gate, *, user_id: UUID | None, now: datetime) -> str:
    """Count a wrong proof and return the limit that it reached, or nothing; inside the step's transaction."""
    execute(FAIL, [subject, gate.value, user_id, now])
    full = [name for name in WRONG_PROOF.get(gate, ("L04",)) if throttle.hit(name, key=subject, now=now)]
    return full[0] if full else ""


def count_number(subject: str, *, is_right: bool, now: datetime) -> bool:
    """Count a typed number and tell whether too many were wrong; a right one costs the same and counts for nothing."""
    reached = throttle.hit("L05", key=f"right:{subject}" if is_right else subject, now=now)
    return reached and not is_right


def count_send(subject: str, gate: Gate, *, now: datetime) -> bool:
    """Count a code that is asked for; False where that was one too many."""
    try:
        throttle.check(SENDS[gate], key=subject, now=now)
    except throttle.Throttled:
        return False
    return True


def forgive(subject: str, gate: Gate) -> None:
    """End the row of failures of one method, after a right proof."""
    execute(FORGIVE_ONE, [subject, gate.value])


def clear_own(subject: str) -> None:
    """Forget what was counted against an account that has just been reset by its owner."""
    execute(FORGIVE.format(subjects=places(1)), [subject])
    execute(OPEN_AGAIN, [subject])
    throttle.forget(*OWN_LIMITS, key=subject)


def open_again(user: User, *, now: datetime) -> bool:
    """Open everything that is closed for a person and forget what was counted; False where nothing was closed.

    A method that a hundred failures disabled (L11) stays so until it is registered anew.
    """
    subjects = subjects_of(user.upn_folded)
    opened = execute(OPEN_ALL.format(subjects=places(len(subjects))), [*subjects, now])
    if opened:
        for subject in subjects:
            throttle.forget(*OWN_LIMITS, key=subject)
    return bool(opened)


def forgive_on_change(user: User, kind: str, now: datetime) -> None:
    """Give a method another chance that its owner registered anew (L11); inside the transaction of the change."""
    gates = [gate.value for gate in GATES_OF.get(kind, ())]
    if gates:
        subjects = subjects_of(user.upn_folded)
        asked = FORGIVE_GATES.format(subjects=places(len(subjects)), gates=places(len(gates)))
        execute(asked, [*subjects, *gates])
