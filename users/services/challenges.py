"""Codes that prove control of an address or a number: derived from their message, compared by digest, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from adminportal import sealing
from adminportal.insertion import row_of
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.outbox.models import Failure, OutboundMessage
from adminportal.queries import execute, fetch, places
from adminportal.sealing import Secret
from users.models import User
from users.models.challenge import Challenge, Purpose
from users.typed_codes import digits_of

CODE_PURPOSE: Final = "challenge-code"
"""What a message that carries a code names, so that the outbox has it derived at delivery."""
DESTINATION_PURPOSE: Final = "challenge-destination"
GENERATION: Final = 1
"""Each code has a message of its own; a new one is a new message."""
TRIES: Final = 5
"""Tries of one code (L10), counted in its row whatever the source."""
DIGITS: Final[Mapping[str, int]] = {"email": 8, "sms": 6, "voice": 6}
KEPT: Final = timedelta(days=1)
"""How long a dead code's row is kept after its end."""
PURGED_AT_ONCE: Final = 500
PLACES_LOST: Final = 5
"""How often a new code may find that another one was stored between its two statements."""
NOBODY: Final = UUID(int=0)

REPLACE: Final = """
    UPDATE users_challenge SET replaced_at = %s
    WHERE bound_to = %s AND purpose = %s AND used_at IS NULL AND replaced_at IS NULL
"""
INSERT: Final = "INSERT INTO users_challenge ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"
COUNT: Final = """
    UPDATE users_challenge SET tries = tries + 1
    WHERE bound_to = %s AND purpose = %s AND used_at IS NULL AND replaced_at IS NULL AND tries < %s AND expires_at >= %s
    RETURNING id, method, destination_digest, code_digest, key_id
"""
SETTLE: Final = """
    UPDATE users_challenge SET used_at = CASE WHEN id = %s THEN %s ELSE NULL END
    WHERE bound_to = %s AND purpose = %s AND used_at IS NULL AND replaced_at IS NULL
    RETURNING tries, expires_at < %s
"""
KILL: Final = (
    "UPDATE users_challenge SET replaced_at = %s WHERE bound_to = %s AND used_at IS NULL AND replaced_at IS NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a code goes: for which method, by which channel, to which address or number.

    An empty ``value`` is a decoy: rows are written all the same, nothing is sent and no code is right. The same holds
    where a limit held it back (``held_back``), and the message trace says why.
    """

    method: str
    channel: str
    value: str = field(repr=False)
    held_back: Failure | None = None

    @property
    def reached(self) -> str:
        """Return where a code goes; empty for a decoy, and where it is held back."""
        return "" if self.held_back else self.value


class CodeAnswer(StrEnum):
    """What a typed code was; SPENT after five tries, NONE where no code waits."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    EXPIRED = "expired"
    NONE = "none"


@sensitive_variables()
def issue(
    *,
    tenant_id: UUID,
    user: User | None,
    purpose: Purpose,
    bound_to: UUID,
    destination: Destination,
    context: Mapping[str, str],
    language: str,
    now: datetime,
    minutes: int = 10,
    template: str = "verification_code",
    correlation_id: UUID | None = None,
) -> Challenge:
    """Send a new code and kill the older one of the same purpose; inside the caller's transaction.

    ``context`` names the tenant (``tenant_name``); the user name and the life in minutes are added. Same statements for
    a decoy, whose context is left out: somebody may have typed a password where a name belongs.
    """
    is_decoy = user is None or not destination.value
    is_sent = user is not None and bool(destination.reached)
    draft = Draft(
        tenant_id=tenant_id,
        template=template,
        channel=destination.channel,
        to="" if is_decoy else destination.value,
        language=language,
        about_user_id=None if is_decoy or user is None else user.pk,
        context=_context(user, context, minutes=minutes) if user and is_sent else {},
        not_after=now + timedelta(minutes=minutes),
        secret_purpose=CODE_PURPOSE,
        correlation_id=correlation_id,
        held_back=None if is_decoy else destination.held_back,
    )
    challenge = Challenge(
        tenant_id=tenant_id,
        user_id=user.pk if user else None,
        purpose=purpose,
        bound_to=bound_to,
        method=destination.method,
        channel=destination.channel,
        message_id=draft.id,
        digits=DIGITS[destination.channel],
        key_id=sealing.current_key_id(),
        created_at=now,
        expires_at=draft.not_after,
    )
    challenge.destination_digest = _destination_digest(destination.reached, key_id=challenge.key_id)
    code = _code_of(challenge).expose() if is_sent else f"decoy {uuid4()}"
    challenge.code_digest = _code_digest(challenge.pk, code, key_id=challenge.key_id)
    _store(challenge, now=now)
    enqueue(draft, now=now)
    return challenge


@sensitive_variables()
def check(
    *,
    bound_to: UUID,
    purpose: Purpose,
    typed: str,
    method: str,
    now: datetime,
    destination: str | None = None,
) -> CodeAnswer:
    """Count a try, then compare; of many right ones at the same time one is RIGHT.

    Where ``destination`` is given, a code that was sent to another one is wrong. Two statements whatever the answer. A
    rollback of the caller's transaction would forget the try, so it has to commit for every answer.
    """
    counted = fetch(COUNT, [bound_to, purpose, TRIES, now], uuid_columns=(0,))
    row = counted[0] if counted else (NOBODY, "", "", "", "")
    is_right = _fits(row, typed=typed, method=method, destination=destination) and bool(counted)
    found = fetch(SETTLE, [row[0] if is_right else NOBODY, now, bound_to, purpose, now], uuid_columns=())
    if not found:
        return CodeAnswer.NONE
    tries, is_over = found[0]
    if is_right:
        return CodeAnswer.RIGHT
    if counted:
        return CodeAnswer.WRONG
    return CodeAnswer.EXPIRED if is_over else CodeAnswer.SPENT if tries >= TRIES else CodeAnswer.NONE


def newest(*, bound_to: UUID, purpose: Purpose) -> Challenge | None:
    """Return the code that waits, also one that is over or spent; one query."""
    alive = Challenge.objects.filter(bound_to=bound_to, purpose=purpose, used_at=None, replaced_at=None)
    return next(iter(alive), None)


def kill(bound_to: UUID, *, now: datetime) -> int:
    """End every waiting code of an attempt or a person; returns how many."""
    return execute(KILL, [now, bound_to])


@sensitive_variables()
def open_code(message: OutboundMessage, now: datetime) -> dict[str, object] | None:
    """Return the code that a message carries, at the moment of its delivery; None when it is dead."""
    challenge = Challenge.objects.filter(message_id=message.pk, used_at=None, replaced_at=None).first()
    if challenge is None or challenge.expires_at < now or challenge.tries >= TRIES or not message.to:
        return None
    code = _code_of(challenge).expose()
    return {"code": code, "spoken_code": ", ".join(code), "host": urlsplit(settings.PUBLIC_URL).hostname or ""}


def purge_challenges(now: datetime) -> int:
    """Delete the rows of codes that ended a day ago, and the messages of decoys; returns how many codes."""
    over = Challenge.objects.filter(expires_at__lt=now - KEPT).order_by("expires_at")
    rows = list(over.values_list("pk", "message_id")[:PURGED_AT_ONCE])
    if rows:
        # What a limit held back from somebody stays in the message trace.
        decoys = OutboundMessage.objects.filter(pk__in=[message_id for _, message_id in rows], to="")
        decoys.filter(about_user_id=None).delete()
        Challenge.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    return len(rows)


def _context(user: User, context: Mapping[str, str], *, minutes: int) -> dict[str, str]:
    return {**context, "user_name": user.user_principal_name, "minutes": str(minutes)}


def _store(challenge: Challenge, *, now: datetime) -> None:
    """Put the row in the place of the older one; where two meet, the later one replaces the earlier."""
    row = row_of(challenge)
    values = [*row.values()]
    insert = INSERT.format(columns=", ".join(row), values=places(len(row)))
    for _ in range(PLACES_LOST):
        execute(REPLACE, [now, challenge.bound_to, challenge.purpose])
        if execute(insert, values):
            return
    raise RuntimeError("Codes of one attempt were asked for faster than they could be stored.")


def _code_of(challenge: Challenge) -> Secret:
    """Derive the digits; 256 bits cut down to at most eight of them are uniform to within 2 to the power of -229."""
    raw = sealing.derive(CODE_PURPOSE, str(challenge.message_id), GENERATION, key_id=challenge.key_id)
    return Secret(str(int.from_bytes(raw) % 10**challenge.digits).zfill(challenge.digits))


def _code_digest(challenge_id: UUID, code: str, *, key_id: str) -> str:
    return sealing.keyed_digest(CODE_PURPOSE, f"{challenge_id}:{code}", key_id=key_id)


def _destination_digest(value: str, *, key_id: str) -> str:
    return sealing.keyed_digest(DESTINATION_PURPOSE, value, key_id=key_id)


@sensitive_variables()
def _fits(row: tuple[Any, ...], *, typed: str, method: str, destination: str | None) -> bool:
    """Compare all of it whatever differs; a code whose key has left the ring fits nothing."""
    challenge_id, made_for, sent_to, code_digest, made_with = row
    key_id = made_with if made_with in sealing.key_ids() else sealing.current_key_id()
    wanted_place = sent_to if destination is None else _destination_digest(destination, key_id=key_id)
    same_code = constant_time_compare(_code_digest(challenge_id, digits_of(typed), key_id=key_id), code_digest)
    same_place = constant_time_compare(wanted_place, sent_to)
    return all((same_code, same_place, made_for == method))
