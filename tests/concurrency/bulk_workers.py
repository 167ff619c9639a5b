"""Workers of bulk jobs in threads, and what must hold when they are through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.models import BulkJob, PasswordReset
from passwords.services.bulk_results import adds_up, progress_of
from passwords.services.bulk_run import Step, run_next_chunk
from tests.cast import Cast
from users.tenancy import within

HASH = "passwords.services.issue.make_password"


def worker(cast: Cast, job: BulkJob) -> Callable[[], int]:
    """Return a worker that goes on until it finds nothing more; it answers with its chunks."""

    def work() -> int:
        chunks = 0
        with within(cast.tenant):
            while run_next_chunk(job.pk, now=clock.now()) is Step.RAN:
                chunks += 1
        return chunks

    return work


def assert_each_once(cast: Cast, job: BulkJob, *, done: int) -> None:
    """Check that so many people were reset, each by one reset and one row."""
    with within(cast.tenant):
        job.refresh_from_db()
        assert adds_up(job)
        assert progress_of(job, now=clock.now()).done == done
        assert PasswordReset.objects.filter(job=job).count() == done
        assert PasswordReset.objects.filter(job=job).values("target").distinct().count() == done
    told = Counter(AuditEvent.objects.filter(activity="Reset user password").values_list("subject_id", flat=True))
    assert len(told) == done and set(told.values()) <= {1}
