"""What is remembered of a draft while its options are being chosen."""

from __future__ import annotations

from passwords.bulk_options import BulkOptions
from passwords.models import BulkJob, BulkState


def keep_options(job: BulkJob, options: BulkOptions) -> None:
    """Keep the options with the draft, so that a fresh proof or a reload loses none of them; one query."""
    stored = options.stored()
    if job.options != stored:
        BulkJob.objects.filter(pk=job.pk, state=BulkState.DRAFT).update(options=stored)
        job.options = stored
