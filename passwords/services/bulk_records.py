"""What a bulk job leaves behind beside its items: rows of the audit log, and the mail that says it is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Sum
from django.urls import reverse

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, masked_contact, record
from adminportal.audit.tags import Activity, Result
from adminportal.outbox.enqueue import Draft, enqueue
from passwords.bulk_options import BulkOptions, mailed_addresses, shows_results
from passwords.models import BulkAct, BulkChunk, BulkEnd, BulkJob, BulkState
from passwords.reveal import SEALED_FOR
from users.moments import tell_moment

RESULTS_PURPOSE: Final = "bulk-results"
"""What the mail about a job names, so that its passwords are opened at delivery where the tenant wants them there."""
RESTORED: Final = "BULK_RESTORED"
"""The code of a job that stopped as a backup was put back, and of whoever it had not begun with by then."""
MAIL_LIVES: Final = timedelta(days=1)
"""How late the mail about a job may still go out."""


def counts_of(job: BulkJob) -> dict[str, int]:
    """Count the items of a job by their end; as quick for a hundred thousand as for a hundred."""
    return counts_of_each([job])[job.pk]


def counts_of_each(jobs: Collection[BulkJob]) -> dict[UUID, dict[str, int]]:
    """Do as :func:`counts_of` for several jobs, with one statement."""
    ends = [end.value for end in BulkEnd]
    counts = {job.pk: dict.fromkeys(ends, 0) for job in jobs}
    sums = {f"n_{end}": Sum(end) for end in ends}
    rows = BulkChunk.objects.filter(job__in=counts).order_by().values("job").annotate(**sums)
    for job_id, *found in rows.values_list("job", *sums):
        counts[job_id] = dict(zip(ends, found, strict=True))
    return counts


def record_job(
    job: BulkJob,
    activity: Activity,
    *,
    by: AuditActor,
    result: Result = Result.SUCCESS,
    reason: str = "",
    details: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """Write one row about the job itself; inside the caller's transaction."""
    options = BulkOptions.read(job.options)
    told = {
        "JobId": str(job.pk),
        "Act": job.act,
        "Entrance": job.entrance,
        "Reason": options.reason,
        "Ticket": options.ticket,
        **(details or {}),
    }
    entry = Entry(
        tenant_id=job.tenant_id,
        activity=activity,
        actor=by,
        result=result,
        reason=reason,
        details={key: value for key, value in told.items() if value},
        correlation_id=job.correlation_id,
    )
    record(entry, now=now)


def record_over(job: BulkJob, *, by: AuditActor, now: datetime) -> None:
    """Write that a job is over with its counts, and mail whoever waits for it; inside the caller's transaction."""
    if job.act == BulkAct.RESET:
        # The last passwords are as young as this moment; the older ones end by themselves.
        job.sealed_until = now + SEALED_FOR
        job.save(update_fields=["sealed_until"])
    counts = counts_of(job)
    details = {end.capitalize(): str(number) for end, number in counts.items() if number}
    mailed = _mail(job, counts, now=now)
    if mailed and _shows_results(job):
        details["MailedTo"] = ", ".join(map(masked_contact, mailed))
    is_stopped = job.state == BulkState.STOPPED
    result = Result.FAILURE if is_stopped else Result.SUCCESS
    record_job(job, Activity.FINISHED_BULK_RESET, by=by, result=result, reason=job.stop_code, details=details, now=now)


def _shows_results(job: BulkJob) -> bool:
    options = BulkOptions.read(job.options)
    return job.act == BulkAct.RESET and shows_results(job.tenant, options, requested=job.requested)


def tell_starter(job: BulkJob, *, canceled_by: str = "", now: datetime) -> None:
    """Mail the starter of a job that stopped, or that somebody else canceled; inside the caller's transaction."""
    starter = job.starter
    if starter is None or not starter.account_enabled or starter.deleted_at is not None:
        return
    address = starter.mail or starter.user_principal_name
    enqueue(_draft(job, counts_of(job), to=address, canceled_by=canceled_by, now=now), now=now)


def _mail(job: BulkJob, counts: Mapping[str, int], *, now: datetime) -> list[str]:
    """Mail the starter after work in the background, and the addresses that were typed in any case."""
    if job.starter is None:
        return []
    if job.state == BulkState.STOPPED:
        tell_starter(job, now=now)
        return []
    own, typed = mailed_addresses(BulkOptions.read(job.options), own=job.starter.mail, requested=job.requested)
    addresses = [*filter(None, [own]), *typed]
    shows = _shows_results(job)
    enqueue(*(_draft(job, counts, to=address, shows=shows, now=now) for address in addresses), now=now)
    return addresses


def _draft(
    job: BulkJob, counts: Mapping[str, int], *, to: str, shows: bool = False, canceled_by: str = "", now: datetime
) -> Draft:
    language = BulkOptions.read(job.options).language
    ending = {"canceled_by": canceled_by, "stopped": "yes" if job.state == BulkState.STOPPED else ""}
    ending["restored"] = "yes" if job.stop_code == RESTORED else ""
    return Draft(
        tenant_id=job.tenant_id,
        template="bulk_finished_shown" if shows else "bulk_finished",
        channel="email",
        to=to,
        language=language,
        about_user_id=job.starter_id,
        context=_context(job, counts, language=language) | ending,
        not_after=now + MAIL_LIVES,
        secret_purpose=RESULTS_PURPOSE if shows else "",
        correlation_id=job.correlation_id,
    )


def _context(job: BulkJob, counts: Mapping[str, int], *, language: str) -> dict[str, str]:
    assert job.starter is not None and job.started_at is not None
    ended = None if job.purged_at else job.sealed_until
    return {
        "tenant_name": job.tenant.name,
        "user_name": job.starter.user_principal_name,
        "display_name": job.starter.display_name,
        "job_id": str(job.pk),
        "job_path": reverse("passwords:bulk", args=[job.pk]),
        "act": job.act,
        "started_at": tell_moment(job.started_at, tenant=job.tenant, language=language),
        "sealed_until": tell_moment(ended, tenant=job.tenant, language=language) if ended else "",
        "must_change": "yes" if BulkOptions.read(job.options).must_change else "",
        "requested": str(job.requested),
        **{end: str(number) for end, number in counts.items()},
    }
