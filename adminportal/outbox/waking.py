"""Wakes workers by ids of rows; the row is the truth, so a broker that is down costs a log line and nothing else."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from celery import current_app
from kombu.connection import Connection
from kombu.messaging import Producer

logger = logging.getLogger(__name__)

DELIVER_TASK = "adminportal.outbox.tasks.deliver"
DRAIN_TASK = "adminportal.outbox.tasks.drain_bulk"
MAIL_QUEUE = "mail"
BULK_QUEUE = "bulk-mail"
DRAIN_EXPIRES_SECONDS = 60
"""How long a wake-up for messages of bulk jobs may wait: another one, or the sweep, has taken them up by then."""
MESSAGES_A_TASK = 10
"""Messages that one task delivers: where each takes its longest, still less than Redis waits for an acknowledgement."""
PAUSE_SECONDS = 5.0
"""How long nobody tries a broker that has just failed; the sweep delivers meanwhile."""
IMPATIENCE = {
    "socket_timeout": 0.3,
    "socket_connect_timeout": 0.3,
    "retry_on_timeout": False,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
}
"""Seconds a request waits for a broker that hangs, once per pause; left alone, kombu tries for six seconds."""
UNSHOWN = {"argsrepr": "()", "kwargsrepr": "{}"}
"""What a monitor of Celery sees of the arguments; to print them takes a quarter of the time of a wake-up."""
NOTHING_TO_DECLARE: list[object] = []
"""A message goes straight to the list that its queue is in Redis; whoever reads from it declares the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One task to be put into a queue; ``names`` are its arguments, ids and nothing else."""

    task: str
    queue: str
    names: Mapping[str, str | int | list[str]]
    expires_seconds: int | None = None


class _Line(threading.local):
    """A connection of one thread of one process, and what writes to it."""

    connection: Connection | None = None
    producer: Producer | None = None
    belongs_to: tuple[int, str] = (0, "")


_line = _Line()
_broken_until = 0.0


def wake(message_ids: Sequence[UUID]) -> bool:
    """Ask a worker to deliver these messages now, in this order; false when the broker did not take it."""
    ids = [str(each) for each in message_ids]
    rounds = [ids[start : start + MESSAGES_A_TASK] for start in range(0, len(ids), MESSAGES_A_TASK)]
    return call_workers([Call(task=DELIVER_TASK, queue=MAIL_QUEUE, names={"message_ids": some}) for some in rounds])


def wake_bulk() -> bool:
    """Ask a worker to deliver what is due for bulk jobs: one wake-up for any number of messages."""
    return call_workers([Call(task=DRAIN_TASK, queue=BULK_QUEUE, names={}, expires_seconds=DRAIN_EXPIRES_SECONDS)])


def call_workers(calls: Sequence[Call]) -> bool:
    """Put tasks into their queues; false when the broker did not take them all, which is logged and never raised."""
    global _broken_until
    if time.monotonic() < _broken_until:
        return False
    try:
        _publish(calls)
    except Exception as problem:  # whatever a broker does, the row is safe
        _hang_up()
        _broken_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("broker unavailable (%s): %d tasks wait for the sweep", type(problem).__name__, len(calls))
        return False
    return True


def forget_outage() -> None:
    """Try the broker again at once, as after it was seen to answer."""
    global _broken_until
    _broken_until = 0.0


def _publish(calls: Sequence[Call]) -> None:
    reused = _line.connection is not None and _line.belongs_to == _owner()
    pending = list(calls)
    try:
        _send_until_empty(pending)
    except Exception:
        # A kept connection may have died unnoticed since its last use; only a fresh one tells about the broker.
        if not reused:
            raise
        _hang_up()
        _send_until_empty(pending)


def _send_until_empty(pending: list[Call]) -> None:
    producer = _connect()
    while pending:
        current_app.send_task(
            pending[0].task,
            kwargs=dict(pending[0].names),
            queue=pending[0].queue,
            expires=pending[0].expires_seconds,
            producer=producer,
            retry=False,
            ignore_result=True,
            declare=NOTHING_TO_DECLARE,
            **UNSHOWN,
        )
        pending.pop(0)


def _owner() -> tuple[int, str]:
    return os.getpid(), str(current_app.conf.broker_url)


def _connect() -> Producer:
    if _line.producer is None or _line.belongs_to != _owner():
        connection = current_app.connection_for_write()
        connection.transport_options = {**connection.transport_options, **IMPATIENCE}
        _line.connection, _line.belongs_to = connection, _owner()
        _line.producer = current_app.amqp.Producer(connection, auto_declare=False)
    return _line.producer


def _hang_up() -> None:
    connection, _line.connection, _line.producer = _line.connection, None, None
    if connection is None or _line.belongs_to != _owner():
        return
    try:
        connection.release()  # type: ignore[no-untyped-call]
    except Exception as problem:  # it is broken already
        logger.debug("broker connection did not close: %s", type(problem).__name__)
