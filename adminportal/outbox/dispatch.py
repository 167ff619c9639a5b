"""Delivers messages: claims a row by compare-and-set, sends outside any transaction, records the outcome likewise."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, cast
from uuid import UUID

from django.db.models import Case, F, Q, Value, When

from adminportal import clock, sealing
from adminportal.correlation import RequestFacts, bound
from adminportal.outbox import channels, content, masking
from adminportal.outbox.channels.base import (
    Channel,
    ChannelUnavailable,
    PermanentFailure,
    SendingFailed,
    TemporaryFailure,
    TooLate,
    UncertainOutcome,
)
from adminportal.outbox.models import HELD_BACK, Failure, OutboundMessage, State
from adminportal.outbox.registry import failure_when_gone
from adminportal.queries import load

logger = logging.getLogger(__name__)

CLAIM_SECONDS = 120
"""How long a worker may take for one message; longer than all time-outs of one conversation together."""
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 300
UNCERTAIN_LIMIT = 2
"""Attempts without an answer after which a message is not sent again: at most one duplicate."""
DETAIL_LENGTH = 300

CLAIM = f"""
    UPDATE outbox_outboundmessage
    SET state = '{State.SENDING.value}', claimed_until = %s, attempts = attempts + 1
    WHERE id = %s AND state = '{State.QUEUED.value}' AND next_attempt_at <= %s
    AND link_closed_at IS NULL AND not_after >= %s
    RETURNING {{columns}}
"""  # noqa: S608  # names of states, no values


class Dispatcher:
    """Delivers any number of messages, over one connection per channel; use it in a ``with`` block."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        for channel in self._channels.values():
            channel.close()

    def deliver(self, message_id: UUID, *, now: datetime) -> State | None:
        """Try one message once; None when it was not due or someone else has it. Not inside a transaction."""
        message = claim(message_id, now=now)
        if message is None:
            return None
        with bound(RequestFacts(correlation_id=message.correlation_id)):
            state = self._attempt(message)
            logger.info("message %s: %s %s", message.pk, state, message.failure)
        return state

    def _attempt(self, message: OutboundMessage) -> State:
        if not message.to:
            return _finish_unsent(message)
        try:
            provider_id = self._send(message)
        except TooLate:
            return _settle_late(message, now=clock.now())
        except UncertainOutcome as failure:
            return _settle_uncertain(message, failure, now=clock.now())
        except TemporaryFailure as failure:
            return _postpone(message, failure, now=clock.now())
        except PermanentFailure as failure:
            return _finish(message, State.FAILED, failure)
        return _finish(message, State.SENT, sent_at=clock.now(), provider_id=provider_id[:200])

    def _send(self, message: OutboundMessage) -> str:
        try:
            parcel = content.build(message)
            channel = self._channel(message.channel)
        except sealing.SealBroken as problem:
            raise PermanentFailure(Failure.KEY_GONE) from problem
        except content.SecretGone as problem:
            gone = failure_when_gone(message.secret_purpose) or Failure.SECRET_GONE
            raise PermanentFailure(gone) from problem
        except content.ContentUnbuildable as problem:
            raise PermanentFailure(Failure.CONTENT_UNBUILDABLE, str(problem)) from problem
        except ChannelUnavailable as problem:
            raise TemporaryFailure(Failure.CHANNEL_UNAVAILABLE) from problem
        last_moment = min(message.not_after, message.claimed_until or message.not_after)
        if clock.now() > last_moment:
            raise TooLate
        return channel.send(parcel, last_moment=last_moment)

    def _channel(self, kind: str) -> Channel:
        if kind not in self._channels:
            self._channels[kind] = channels.open_channel(kind)
        return self._channels[kind]


def claim(message_id: UUID, *, now: datetime) -> OutboundMessage | None:
    """Take a due message for :data:`CLAIM_SECONDS`; of many who try, one gets it."""
    until = now + timedelta(seconds=CLAIM_SECONDS)
    for (message,) in load(CLAIM, [until, message_id, now, now], models={"outbox_outboundmessage": OutboundMessage}):
        return cast(OutboundMessage, message)
    due = OutboundMessage.objects.filter(pk=message_id, state=State.QUEUED, next_attempt_at__lte=now)
    withdrawn = Q(link_closed_at__isnull=False)
    end = Case(When(withdrawn, then=Value(State.CANCELLED.value)), default=Value(State.EXPIRED.value))
    due.filter(withdrawn | Q(not_after__lt=now)).update(state=end)
    return None


def release_lost_claims(*, now: datetime) -> int:
    """Queue what a vanished worker had claimed, once; after a second time without an outcome it is failed."""
    lost = OutboundMessage.objects.filter(state=State.SENDING, claimed_until__lt=now)
    given_up = lost.filter(uncertain_attempts__gte=UNCERTAIN_LIMIT - 1).update(
        state=State.FAILED,
        failure=Failure.NO_ANSWER_TWICE,
        uncertain_attempts=F("uncertain_attempts") + 1,
        claimed_until=None,
    )
    queued = lost.update(
        state=State.QUEUED,
        failure=Failure.NO_ANSWER,
        uncertain_attempts=F("uncertain_attempts") + 1,
        next_attempt_at=now,
        claimed_until=None,
    )
    return given_up + queued


def pause_seconds(attempts: int, *, chance: Callable[[], float]) -> float:
    """Return the wait before the next attempt: doubling from 5 s to 5 min, the last half of it by chance."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(attempts - 1, 10))
    return longest * (0.5 + 0.5 * chance())


def _postpone(message: OutboundMessage, failure: SendingFailed, *, now: datetime, uncertain: int = 0) -> State:
    pause = pause_seconds(message.attempts, chance=secrets.SystemRandom().random)
    if isinstance(failure, TemporaryFailure):
        pause = max(pause, failure.retry_after_seconds)
    return _finish(
        message,
        State.QUEUED,
        failure,
        next_attempt_at=now + timedelta(seconds=pause),
        uncertain_attempts=message.uncertain_attempts + uncertain,
    )


def _settle_late(message: OutboundMessage, *, now: datetime) -> State:
    if now > message.not_after:
        return _finish(message, State.EXPIRED)
    return _postpone(message, TemporaryFailure(Failure.UNREACHABLE), now=now)


def _settle_uncertain(message: OutboundMessage, failure: UncertainOutcome, *, now: datetime) -> State:
    if message.uncertain_attempts + 1 < UNCERTAIN_LIMIT:
        return _postpone(message, failure, now=now, uncertain=1)
    twice = PermanentFailure(Failure.NO_ANSWER_TWICE, failure.detail)
    return _finish(message, State.FAILED, twice, uncertain_attempts=message.uncertain_attempts + 1)


def _finish_unsent(message: OutboundMessage) -> State:
    """End a decoy, written so that a name which nobody has costs the same work, or what a limit held back."""
    if message.failure not in HELD_BACK:
        return _finish(message, State.CANCELLED)
    why = PermanentFailure(Failure(message.failure), message.failure_detail)
    return _finish(message, State.HELD_BACK, why)


def _finish(message: OutboundMessage, state: State, failure: SendingFailed | None = None, **facts: object) -> State:
    """Record the outcome of this very attempt, unless a newer generation or attempt has replaced it."""
    message.failure = failure.code if failure else ""
    detail = masking.without_address(failure.detail, address=message.to) if failure else ""
    open_still = Q(state__in=(State.SENDING, State.QUEUED)) | Q(failure=Failure.NO_ANSWER_TWICE)
    mine = OutboundMessage.objects.filter(
        open_still, pk=message.pk, generation=message.generation, attempts=message.attempts
    )
    mine.update(
        state=state, claimed_until=None, failure=message.failure, failure_detail=detail[:DETAIL_LENGTH], **facts
    )
    return state
