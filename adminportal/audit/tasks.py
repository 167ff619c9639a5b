"""What the worker does for the audit log: seal and send every few seconds, sign and tidy once a day."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from adminportal import clock
from adminportal.audit.checkpoints import sign_all
from adminportal.audit.feed import feed_sink
from adminportal.audit.retention import remove_old_rows
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.verify import list_chains


@shared_task(name="adminportal.audit.tasks.seal")
def seal() -> None:
    """Seal what was committed since the last time."""
    seal_waiting_rows()


@shared_task(name="adminportal.audit.tasks.feed", expires=10)
def feed() -> None:
    """Send what was sealed since the last time to the second home of the log, where there is one."""
    feed_sink(now=clock.now())


@shared_task(name="adminportal.audit.tasks.checkpoint")
def checkpoint() -> None:
    """Sign the end of every chain, then remove what is older than it is kept."""
    now = clock.now()
    seal_waiting_rows()
    sign_all(now=now)
    for tenant_id in list_chains():
        remove_old_rows(tenant_id=tenant_id, keep=timedelta(days=settings.AUDIT_RETENTION_DAYS), now=now)
