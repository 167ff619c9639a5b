"""What is refused about a bulk job, and the row of the audit log where a right or a fresh proof was missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal.audit.tags import Activity, Result
from passwords.bulk_starters import Starter
from passwords.models import BulkJob
from passwords.services.bulk_records import record_job

RECORDED_AS: Final = {"not_yours": "BULK_NOT_YOURS", "RESET_STEP_UP": "RESET_STEP_UP"}
"""Codes that say that the actor may not, as the audit log has them; the others say that the job is not like that."""
RIGHT: Final = "NO_RIGHT_"


class BulkRefused(Exception):
    """Nothing was done: ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def refusals_recorded(job_id: UUID, activity: Activity, *, actor: Starter, now: datetime) -> Iterator[None]:
    """Record whoever was not allowed what is done here, in a transaction of its own, so that no rollback erases it."""
    try:
        yield
    except BulkRefused as refusal:
        code = refusal.code if refusal.code.startswith(RIGHT) else RECORDED_AS.get(refusal.code)
        if code:
            _record(job_id, activity, code, actor=actor, now=now)
        raise


def _record(job_id: UUID, activity: Activity, code: str, *, actor: Starter, now: datetime) -> None:
    job = BulkJob.objects.get(pk=job_id)
    with transaction.atomic():
        by, details = actor.for_audit(), {"RefusalCode": code}
        record_job(job, activity, by=by, result=Result.FAILURE, reason=code, details=details, now=now)
