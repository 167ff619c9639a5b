"""What the worker does for the audit log: seal every few seconds, sign once a day."""

from __future__ import annotations

from celery import shared_task

from adminportal import clock
from adminportal.audit.checkpoints import sign_all
from adminportal.audit.seal import seal_waiting_rows


@shared_task(name="adminportal.audit.tasks.seal")
def seal() -> None:
    """Seal what was committed since the last time."""
    seal_waiting_rows()


@shared_task(name="adminportal.audit.tasks.checkpoint")
def checkpoint() -> None:
    """Sign the end of every chain."""
    seal_waiting_rows()
    sign_all(now=clock.now())
