"""The correlation id: one per attempt, on the screen, in the mail, in the log and in the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a record says about where a request came from."""

    correlation_id: uuid.UUID
    ip_address: str = ""
    user_agent: str = ""


_facts: ContextVar[RequestFacts | None] = ContextVar("request_facts", default=None)


def current() -> RequestFacts:
    """Return the facts of the request or job that is running; outside of one, fresh and empty facts."""
    return _facts.get() or RequestFacts(correlation_id=uuid.uuid4())


def known() -> RequestFacts | None:
    """Return the facts that are bound, and nothing outside of a request or job."""
    return _facts.get()


@contextmanager
def bound(facts: RequestFacts) -> Iterator[RequestFacts]:
    """Use ``facts`` for everything recorded inside the block."""
    token = _facts.set(facts)
    try:
        yield facts
    finally:
        _facts.reset(token)
