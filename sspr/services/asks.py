"""Questions of strangers: the page writes one sealed row whoever asks, and a worker looks into it.

So a name or an address that is known costs the request exactly what an unknown one costs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from adminportal import correlation, sealing
from adminportal.outbox.waking import Call, call_workers
from adminportal.sealing import Secret
from sspr.models import AskKind, PublicAsk

logger = logging.getLogger(__name__)

SEALED_FOR: Final = "public-ask"
SETTLE_TASK: Final = "sspr.tasks.settle_asks"
QUEUE: Final = "default"
AT_ONCE: Final = 100
GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""A question that nobody could deal with until then is dropped: its asker has long gone another way."""

Handler = Callable[[PublicAsk, Secret, datetime], None]


def leave(
    kind: AskKind, typed: Secret, *, language: str, now: datetime, correlation_id: UUID, attempt_id: UUID | None = None
) -> None:
    """Keep a question for a worker and wake one; one statement, whatever was typed."""
    facts, ask_id = correlation.current(), uuid4()
    with transaction.atomic(savepoint=False):
        PublicAsk.objects.create(
            id=ask_id,
            kind=kind,
            sealed=sealing.seal(SEALED_FOR, typed, context=str(ask_id)),
            attempt_id=attempt_id,
            correlation_id=correlation_id,
            ip_address=facts.ip_address,
            user_agent=facts.user_agent,
            language=language,
            created_at=now,
        )
        transaction.on_commit(_wake, robust=True)


def settle_asks(handlers: Mapping[str, Handler], now: datetime) -> int:
    """Deal with the questions that wait, oldest first; each in a transaction of its own, at most once."""
    waiting = list(PublicAsk.objects.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_settle(ask_id, handlers, now=now) for ask_id in waiting)


def drop_asks() -> int:
    """Forget the questions that wait, as after a backup was put back, and return how many there were."""
    return PublicAsk.objects.all().delete()[0]


def _settle(ask_id: UUID, handlers: Mapping[str, Handler], *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            ask = PublicAsk.objects.filter(pk=ask_id).first()
            if ask is None or not PublicAsk.objects.filter(pk=ask_id).delete()[0]:
                return False  # another worker was quicker
            facts = correlation.RequestFacts(ask.correlation_id, ip_address=ask.ip_address, user_agent=ask.user_agent)
            with correlation.bound(facts):
                handlers[ask.kind](ask, _open(ask), now)
    except Exception as problem:  # one question must not stop those behind it; its text may hold what was typed
        logger.error("a question could not be dealt with (%s)", type(problem).__name__)
        PublicAsk.objects.filter(pk=ask_id, created_at__lt=now - GIVEN_UP_AFTER).delete()
        return False
    return True


def _open(ask: PublicAsk) -> Secret:
    return sealing.unseal(SEALED_FOR, ask.sealed, context=str(ask.pk))


def _wake() -> None:
    call_workers([Call(task=SETTLE_TASK, queue=QUEUE, names={})])
