"""What a worker does when it is woken."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.models import Lane
from adminportal.outbox.sweep import deliver_due
from adminportal.outbox.waking import DELIVER_TASK, DRAIN_TASK, wake_bulk


@shared_task(name=DELIVER_TASK)
def deliver(*, message_ids: list[str]) -> None:
    """Deliver messages that are still due, over one connection; running it twice sends once."""
    with Dispatcher() as dispatcher:
        for message_id in message_ids:
            dispatcher.deliver(UUID(message_id), now=clock.now())


@shared_task(name=DRAIN_TASK)
def drain_bulk() -> None:
    """Deliver some of what is due for bulk jobs over one connection, and come back for the rest."""
    if deliver_due(now=clock.now(), lanes=(Lane.BULK,)).is_cut_short:
        wake_bulk()
