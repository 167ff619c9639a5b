"""A bulk job on its way: paused, resumed, canceled, and the failed ones tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from adminportal.audit.tags import Activity
from adminportal.insertion import insert_rows
from passwords.bulk_options import BulkOptions
from passwords.bulk_starters import Operator, Starter
from passwords.models import BulkAct, BulkChunk, BulkEnd, BulkItem, BulkJob, BulkState
from passwords.reveal import SEALED_FOR
from passwords.services.bulk_claims import end_rest
from passwords.services.bulk_records import record_job, tell_starter
from passwords.services.bulk_refusals import BulkRefused, refusals_recorded
from passwords.services.bulk_selection import CHUNK_SIZE
from passwords.services.bulk_waking import wake_workers
from users.access import has_fresh_proof
from users.permissions import Permission


class NotPossible(BulkRefused):
    """Nothing was changed: ``code`` says why.

    It is nobody, too_many, too_old, state, password, not_yours, RESET_STEP_UP, or a right.
    """


def pause_bulk(job_id: UUID, *, actor: Starter, now: datetime) -> BulkJob:
    """Let no worker begin another chunk; those under way are brought to their end.

    :raises NotPossible: when the job is not running, or not the actor's.
    """
    return _move(job_id, actor, (BulkState.RUNNING,), BulkState.PAUSED, Activity.PAUSED_BULK_RESET, now=now)


def resume_bulk(job_id: UUID, *, actor: Starter, now: datetime) -> BulkJob:
    """Let workers go on with a paused job; asks for fresh proof as its start did.

    :raises NotPossible: when the job is not paused, not the actor's, or fresh proof is needed.
    """
    return _move(
        job_id, actor, (BulkState.PAUSED,), BulkState.RUNNING, Activity.RESUMED_BULK_RESET, wakes=True, now=now
    )


def cancel_bulk(job_id: UUID, *, actor: Starter, now: datetime) -> BulkJob:
    """End a job at once: whoever was not begun stays untouched.

    A Security Administrator may end anybody's; its starter is then told by mail.

    :raises NotPossible: when the job is over, or the actor may not end it.
    """
    return _move(
        job_id,
        actor,
        (BulkState.RUNNING, BulkState.PAUSED),
        BulkState.CANCELED,
        Activity.CANCELED_BULK_RESET,
        change=lambda job: {"Canceled": str(end_rest(job, BulkEnd.CANCELED))},
        may_be_others=True,
        now=now,
    )


def retry_failed(job_id: UUID, *, actor: Starter, now: datetime) -> BulkJob:
    """Begin again with those who failed or whose end is unknown, and nobody else; asks for fresh proof.

    :raises NotPossible: when the job is not over, nobody failed, its password was chosen, it is not the actor's, or
        fresh proof is needed.
    """

    def reopen(job: BulkJob) -> dict[str, str]:
        if BulkOptions.read(job.options).has_own_password:
            raise NotPossible("password")
        return {"Retried": str(_reopen(job))}

    over = (BulkState.FINISHED, BulkState.CANCELED, BulkState.STOPPED)
    return _move(
        job_id, actor, over, BulkState.RUNNING, Activity.RETRIED_BULK_RESET, change=reopen, wakes=True, now=now
    )


def _move(
    job_id: UUID,
    actor: Starter,
    before: tuple[BulkState, ...],
    after: BulkState,
    activity: Activity,
    *,
    change: Callable[[BulkJob], dict[str, str]] | None = None,
    wakes: bool = False,
    may_be_others: bool = False,
    now: datetime,
) -> BulkJob:
    """Move a job from one state to another under its lock, with an audit row; sent twice it changes nothing more."""
    with refusals_recorded(job_id, activity, actor=actor, now=now), transaction.atomic():
        job = (
            BulkJob.objects.select_for_update(of=("self",), no_key=True)
            .select_related("tenant", "starter")
            .get(pk=job_id)
        )
        is_own = job.starter_id == actor.id
        if not is_own and not (may_be_others and actor.may(Permission.BULK_CANCEL)):
            raise NotPossible("not_yours")
        if job.state not in before:
            raise NotPossible("state")
        if wakes and not isinstance(actor, Operator) and not has_fresh_proof(actor, now=now):
            raise NotPossible("RESET_STEP_UP")
        details = change(job) if change else {}
        job.state, job.touched_at, job.wave = after, now, job.wave + 1
        job.finished_at = now if after == BulkState.CANCELED else None
        job.stop_code = ""
        job.is_proven = job.is_proven or wakes
        _keep_seals(job, now=now)
        moved = ["state", "touched_at", "wave", "finished_at", "stop_code", "is_proven", "sealed_until", "purged_at"]
        job.save(update_fields=moved)
        record_job(job, activity, by=actor.for_audit(), details=details, now=now)
        if not is_own:
            tell_starter(job, canceled_by=actor.display_name, now=now)
        if wakes:
            transaction.on_commit(partial(wake_workers, job), robust=True)
    return job


def _keep_seals(job: BulkJob, *, now: datetime) -> None:
    """Let passwords be handed out for a day from now on: each of them ends by itself, the job only after the last."""
    if job.act == BulkAct.RESET:
        job.sealed_until = now + SEALED_FOR
    if job.state == BulkState.RUNNING:
        job.purged_at = None


def _reopen(job: BulkJob) -> int:
    """Put everybody who failed or whose end is unknown into new chunks; inside the transaction."""
    reopened = (BulkEnd.FAILED, BulkEnd.UNKNOWN)
    items = BulkItem.objects.filter(job=job, end__in=reopened).order_by("position")
    ids = list(items.values_list("pk", flat=True))
    if not ids:
        raise NotPossible("nobody")
    BulkChunk.objects.filter(job=job).update(failed=0, unknown=0)
    first = (BulkChunk.objects.filter(job=job).aggregate(last=Max("number"))["last"] or 0) + 1
    parts = [ids[start : start + CHUNK_SIZE] for start in range(0, len(ids), CHUNK_SIZE)]
    for number, part in enumerate(parts, start=first):
        BulkItem.objects.filter(pk__in=part).update(end=BulkEnd.LEFT, code="", values={}, chunk=number)
    insert_rows(
        BulkChunk,
        (
            {"tenant_id": job.tenant_id, "job_id": job.pk, "number": number, "left": len(part)}
            for number, part in enumerate(parts, start=first)
        ),
    )
    return len(ids)
