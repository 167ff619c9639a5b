"""What is remembered of a draft while its options are being chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from passwords.bulk_options import BulkOptions
from passwords.models import BulkJob, BulkState

DRAFT_LIVES: Final = timedelta(hours=24)
"""How long chosen people wait for somebody to start the job."""


def is_too_old(draft: BulkJob, *, now: datetime) -> bool:
    """Tell whether the time of a draft is over, so that it may be deleted at any moment and is not started any more."""
    return draft.created_at < now - DRAFT_LIVES


def keep_options(job: BulkJob, options: BulkOptions) -> None:
    """Keep the options with the draft, so that a fresh proof or a reload loses none of them; one query."""
    stored = options.stored()
    if job.options != stored:
        BulkJob.objects.filter(pk=job.pk, state=BulkState.DRAFT).update(options=stored)
        job.options = stored
