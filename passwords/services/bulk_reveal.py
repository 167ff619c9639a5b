"""The passwords of a bulk job, for its starter alone, until they are used, replaced, purged or a day old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from adminportal.sealing import SealBroken, Secret
from passwords.bulk_options import AT_ONCE, BulkOptions
from passwords.bulk_starters import Operator, Starter, judge_of
from passwords.models import UNDER_WAY, BulkAct, BulkEnd, BulkItem, BulkJob, PasswordReset
from passwords.reveal import unseal_password
from passwords.services.bulk_records import record_job
from passwords.services.bulk_refusals import BulkRefused, refusals_recorded
from users.access import has_fresh_proof
from users.actors import reload_actor
from users.snapshots import target_of
from users.standing import standing_ids
from users.targets import load_facts

AT_A_TIME: Final = 500
"""People whose passwords are opened and recorded together."""


class NotShown(BulkRefused):
    """No password is shown: ``code`` is not_yours, blind, gone, state or RESET_STEP_UP."""


@sensitive_variables()
def reveal_items(
    job_id: UUID, *, actor: Starter, item_ids: Iterable[int] | None, channel: str, now: datetime
) -> Iterator[tuple[BulkItem, Secret | None]]:
    """Hand the passwords of a job to its starter, as often as needed until they are used, replaced or purged.

    Each hand-out is a row of the audit log for each person, written before the password leaves. ``item_ids`` None
    means everybody who was reset; ``channel`` is screen, csv or print. None stands for a password that is not there
    any more, or whose person the starter may not reset any more.

    :raises NotShown: when this is not the starter, the job was blind or purged, or fresh proof is needed.
    """
    job = BulkJob.objects.select_related("tenant").get(pk=job_id)
    activity = {"csv": Activity.EXPORTED_BULK_RESULTS, "print": Activity.PRINTED_SIGN_IN_SLIPS}.get(channel)
    with refusals_recorded(job_id, activity or Activity.VIEWED_TEMPORARY_PASSWORD, actor=actor, now=now):
        _check(job, actor, now=now)
    items = BulkItem.objects.filter(job=job, end=BulkEnd.DONE)
    if item_ids is not None:
        items = items.filter(pk__in=list(item_ids))
    if activity:
        with transaction.atomic():
            details = {"DeliveryChannel": channel, "Count": str(items.count())}
            record_job(job, activity, by=actor.for_audit(), details=details, now=now)
    return _hand_out(job, items, actor, channel, now=now)


def purge_bulk(job_id: UUID, *, actor: Starter, now: datetime) -> BulkJob:
    """Wipe every password of the job that is still sealed; outcomes stay. Links that nobody opened die with them.

    :raises NotShown: when this is not the starter, or the job makes passwords yet.
    """
    activity = Activity.PURGED_BULK_RESULTS
    with refusals_recorded(job_id, activity, actor=actor, now=now), transaction.atomic():
        job = BulkJob.objects.select_for_update(of=("self",), no_key=True).get(pk=job_id)
        if job.starter_id != actor.id:
            raise NotShown("not_yours")
        if job.state in UNDER_WAY:
            raise NotShown("state")
        if job.purged_at is None:
            wiped = wipe_seals(job)
            job.purged_at = now
            job.save(update_fields=["purged_at"])
            details = {"Count": str(wiped)}
            record_job(job, activity, by=actor.for_audit(), details=details, now=now)
    return job


def wipe_seals(job: BulkJob) -> int:
    """Wipe what is still sealed of a job; returns how many passwords that were."""
    sealed = PasswordReset.objects.filter(job=job).exclude(sealed_password="")  # noqa: S106  # an empty column
    return sealed.update(sealed_password="")  # noqa: S106


def _check(job: BulkJob, actor: Starter, *, now: datetime) -> None:
    options = BulkOptions.read(job.options)
    if job.starter_id != actor.id or (job.starter_id is None and job.entrance != "cli"):
        raise NotShown("not_yours")
    if job.act != BulkAct.RESET or options.blind:
        raise NotShown("blind")
    if job.purged_at is not None:
        raise NotShown("gone")
    if isinstance(actor, Operator):
        return
    if not has_fresh_proof(actor, now=now) and asks_proof(job):
        raise NotShown("RESET_STEP_UP")


def asks_proof(job: BulkJob) -> bool:
    """Tell whether its passwords are for fresh proof alone: those of many, and of anybody who holds a role now."""
    done = BulkItem.objects.filter(job=job, end=BulkEnd.DONE)
    return job.requested > AT_ONCE or done.filter(user__in=standing_ids()).exists()


@sensitive_variables()
def _hand_out(
    job: BulkJob, items: QuerySet[BulkItem], actor: Starter, channel: str, *, now: datetime
) -> Iterator[tuple[BulkItem, Secret | None]]:
    """Open the passwords part by part, so that neither memory nor a transaction grows with the job."""
    after = -1
    while part := list(
        items.filter(position__gt=after).select_related("user", "reset__target").order_by("position")[:AT_A_TIME]
    ):
        with transaction.atomic():
            opened = {item.pk: _open(item, now=now) for item in reachable(job, part, _present(actor))}
            shown = [item for item in part if opened.get(item.pk)]
            resets = [item.reset_id for item in shown if item.reset_id]
            PasswordReset.objects.filter(pk__in=resets, shown_at=None).update(shown_at=now)
            record(*(_viewed(job, item, actor, channel) for item in shown), now=now)
        yield from ((item, opened.get(item.pk)) for item in part)
        after = part[-1].position


def _present(actor: Starter) -> Starter:
    """Return the starter with the rights of this moment: a long file outlasts a role or an account."""
    return actor if isinstance(actor, Operator) else reload_actor(actor)


def reachable(job: BulkJob, part: Sequence[BulkItem], actor: Starter) -> list[BulkItem]:
    """Ask again: since the reset the starter may have lost a role, or a person have gained one."""
    judge = judge_of(job.act, actor)
    facts = load_facts([item.user for item in part])
    return [item for item in part if judge(facts[item.user_id]).allowed]


@sensitive_variables()
def _open(item: BulkItem, *, now: datetime) -> Secret | None:
    if item.reset is None or not is_sealed(item.reset, now=now):
        return None
    try:
        return unseal_password(item.reset)
    except SealBroken:
        return None


def _viewed(job: BulkJob, item: BulkItem, actor: Starter, channel: str) -> Entry:
    assert item.reset is not None
    return Entry(
        tenant_id=job.tenant_id,
        activity=Activity.VIEWED_TEMPORARY_PASSWORD,
        actor=actor.for_audit(),
        targets=(target_of(item.user),),
        details={"JobId": str(job.pk), "JobItem": str(item.position), "DeliveryChannel": channel},
        correlation_id=item.reset.correlation_id,
    )


def is_sealed(reset: PasswordReset, *, now: datetime) -> bool:
    """Tell whether the password of a reset could be shown to its starter now."""
    return bool(
        reset.sealed_password
        and reset.sealed_until
        and reset.sealed_until > now
        and reset.replaced_at is None
        and reset.first_used_at is None
        and not reset.is_blind
    )
