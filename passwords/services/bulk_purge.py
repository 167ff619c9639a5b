"""What the sweep does for bulk jobs: old drafts, passwords whose time is over, jobs that nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from adminportal.outbox.models import OutboundMessage
from passwords.bulk_starters import starter_of
from passwords.models import UNDER_WAY, BulkEnd, BulkItem, BulkJob, BulkState
from passwords.reveal import unseal_password
from passwords.services.bulk_drafts import DRAFT_LIVES
from passwords.services.bulk_reveal import is_sealed, reachable, wipe_seals
from users.tenancy import across_tenants, find_tenant, within

JOB_LIVES: Final = timedelta(days=90)
"""How long the outcomes stay on their page; the audit log keeps them for its own time."""
JOBS_AT_ONCE: Final = 20
"""Jobs that one run of the sweep deals with."""


def purge_bulk_jobs(now: datetime) -> int:
    """Delete drafts and jobs whose time is over and wipe sealed passwords, in every tenant; returns how many jobs."""
    with across_tenants():
        # A job under way makes passwords yet; those of long ago end by themselves.
        over = BulkJob.objects.filter(purged_at=None, sealed_until__lte=now).exclude(state__in=UNDER_WAY)
        to_wipe = list(over[:JOBS_AT_ONCE])
        for job in to_wipe:
            wipe_seals(job)
        BulkJob.objects.filter(pk__in=[job.pk for job in to_wipe]).update(purged_at=now)
        drafts = BulkJob.objects.filter(state=BulkState.DRAFT, created_at__lt=now - DRAFT_LIVES)
        old = BulkJob.objects.filter(finished_at__lt=now - JOB_LIVES).exclude(state__in=UNDER_WAY)
        gone = _delete(drafts) + _delete(old)
    return len(to_wipe) + gone


def _delete(jobs: QuerySet[BulkJob]) -> int:
    """Delete some of these jobs under their locks: one that is being started or tried again is left alone."""
    with transaction.atomic():
        locked = jobs.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        gone = list(locked.values_list("pk", flat=True)[:JOBS_AT_ONCE])
        BulkJob.objects.filter(pk__in=gone).delete()
    return len(gone)


@sensitive_variables()
def open_results_for_mail(message: OutboundMessage, now: datetime) -> dict[str, object] | None:
    """Return the passwords of a small job at the moment its mail is delivered; None when they are gone.

    They are gone, too, where the starter has left or may not reset these people any more.
    """
    tenant = find_tenant(message.tenant_id)
    if tenant is None:
        return None
    with within(tenant):
        job = BulkJob.objects.filter(pk=message.context.get("job_id"), purged_at=None).first()
        starter = starter_of(job) if job else None
        if job is None or starter is None or job.sealed_until is None or job.sealed_until <= now:
            return None
        done = BulkItem.objects.filter(job=job, end=BulkEnd.DONE).select_related("user", "reset").order_by("position")
        items = list(done)
        open_to_starter = {item.pk for item in reachable(job, items, starter)}
        if not open_to_starter:
            return None
        return {"rows": [_line(item, is_open=item.pk in open_to_starter, now=now) for item in items]}


@sensitive_variables()
def _line(item: BulkItem, *, is_open: bool, now: datetime) -> dict[str, str]:
    """Return a person with the password; without one where it was used, replaced or taken out of reach already."""
    reset = item.reset
    is_there = is_open and reset is not None and is_sealed(reset, now=now)
    return {
        "display_name": item.user.display_name,
        "user_name": item.user.user_principal_name,
        "password": unseal_password(reset).expose() if reset and is_there else "",
    }
