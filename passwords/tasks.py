"""What a worker does for bulk jobs."""

from __future__ import annotations

import time
from uuid import UUID

from celery import shared_task

from adminportal import clock
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_waking import RUN_TASK, queue_again, touch
from users.tenancy import find_tenant, within

SLICE_SECONDS = 5.0
"""How long one job keeps a worker before the next one in the queue has its turn."""


@shared_task(name=RUN_TASK)
def run_bulk(*, job_id: str, tenant_id: str, wave: int) -> None:
    """Work on a job for a while and queue up again behind the others; any number of these may run at once."""
    tenant = find_tenant(UUID(tenant_id))
    if tenant is None:
        return
    end = time.monotonic() + SLICE_SECONDS
    with within(tenant):
        newest = touch(UUID(job_id), now=clock.now())
        if newest is None:
            return  # not running any more, or no job of this tenant
        step = run_next_chunk(UUID(job_id), now=clock.now())
        while step is Step.RAN and time.monotonic() < end:
            step = run_next_chunk(UUID(job_id), now=clock.now())
        if step in (Step.RAN, Step.BUSY) and newest == wave:
            queue_again(UUID(job_id), tenant_id=tenant.pk, wave=wave)
