"""What a worker does for self-service."""

from __future__ import annotations

from celery import shared_task

from adminportal import clock
from sspr.services.ask_handlers import settle_public_asks
from sspr.services.asks import SETTLE_TASK


@shared_task(name=SETTLE_TASK)
def settle_asks() -> None:
    """Deal with the questions that strangers left; any number of these may run at once."""
    settle_public_asks(clock.now())
