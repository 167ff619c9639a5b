"""What a worker does when it is woken."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.waking import DELIVER_TASK


@shared_task(name=DELIVER_TASK)
def deliver(*, message_id: str) -> None:
    """Deliver one message if it is still due; running it twice sends once."""
    with Dispatcher() as dispatcher:
        dispatcher.deliver(UUID(message_id), now=clock.now())
