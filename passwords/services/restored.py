"""What a backup brings back that must not go on: bulk jobs under way, and temporary passwords that wait to be shown."""

from __future__ import annotations

from datetime import datetime

from passwords.models import UNDER_WAY, BulkJob, PasswordReset
from passwords.services.bulk_records import RESTORED
from passwords.services.bulk_run import stop_job


def stop_every_job(*, now: datetime) -> int:
    """Stop the jobs of a tenant that run or are paused; returns how many. Inside its scope and a transaction.

    None of them goes on by itself: whom it reached after the backup is not known any more. Its starter is told, and
    may take up the rest with a preview of its own.
    """
    jobs = BulkJob.objects.select_related("tenant", "starter").filter(state__in=UNDER_WAY).order_by("pk")
    return sum(stop_job(job, code=RESTORED, states=UNDER_WAY, purged_at=now, now=now) for job in jobs)


def wipe_every_seal(*, now: datetime) -> int:
    """Wipe each sealed password of a tenant, of one person and of many; returns how many. As :func:`stop_every_job`."""
    wiped = PasswordReset.objects.exclude(sealed_password="").update(sealed_password="")  # noqa: S106  # empty columns
    BulkJob.objects.filter(purged_at=None, sealed_until__isnull=False).update(purged_at=now)
    return wiped
