"""Wakes the workers of bulk jobs; the rows are the truth, so whatever a broker loses is taken up again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from adminportal.outbox.waking import Call, call_workers
from passwords.models import BulkJob, BulkState
from passwords.services.bulk_run import Step, run_next_chunk
from users.tenancy import across_tenants, within

RUN_TASK: Final = "passwords.tasks.run_bulk"
QUEUE: Final = "bulk"
CHUNKS_OF_A_SWEEP: Final = 8
"""Chunks that a sweep works off by itself where no worker can be asked."""


def wake_workers(job: BulkJob) -> bool:
    """Put tasks for a job into the queue, as many as there are workers; false when the broker did not take them."""
    return call_workers([_call(job.pk, job.tenant_id, job.wave)] * settings.BULK_WORKERS)


def queue_again(job_id: UUID, *, tenant_id: UUID, wave: int) -> bool:
    """Put the task that has just run behind those of other jobs."""
    return call_workers([_call(job_id, tenant_id, wave)])


def _call(job_id: UUID, tenant_id: UUID, wave: int) -> Call:
    names: dict[str, str | int] = {"job_id": str(job_id), "tenant_id": str(tenant_id), "wave": wave}
    return Call(task=RUN_TASK, queue=QUEUE, names=names)


def touch(job_id: UUID, *, now: datetime) -> int | None:
    """Note that a worker has taken a job up and return its wave; None when it is not running any more."""
    running = BulkJob.objects.filter(pk=job_id, state=BulkState.RUNNING)
    running.update(touched_at=now)
    return running.values_list("wave", flat=True).first()


def resume_bulk_jobs(now: datetime) -> int:
    """Wake workers for running jobs that nobody works on, in every tenant; returns how many jobs that were.

    Without a broker one of them goes on here, a little at a time.
    """
    with across_tenants():
        left_alone = timedelta(seconds=settings.BULK_LEASE_SECONDS / 3)
        alone = Q(touched_at=None) | Q(touched_at__lt=now - left_alone)
        waiting = list(BulkJob.objects.select_related("tenant").filter(alone, state=BulkState.RUNNING)[:100])
        for job in waiting:
            BulkJob.objects.filter(pk=job.pk).update(wave=F("wave") + 1, touched_at=now)
            job.wave += 1
    woken = [wake_workers(job) for job in waiting]
    if waiting and not all(woken):
        _go_on(waiting[0], now=now)
    return len(waiting)


def _go_on(job: BulkJob, *, now: datetime) -> None:
    with within(job.tenant):
        for _number in range(CHUNKS_OF_A_SWEEP):
            if run_next_chunk(job.pk, now=now) is not Step.RAN:
                break
