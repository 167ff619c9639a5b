"""Works a bulk job off, chunk by chunk; safe to run twice, at the same time, and to be killed at any moment."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.views.decorators.debug import sensitive_variables

from adminportal.hashing import HashingBusy
from adminportal.queries import load
from adminportal.sealing import Secret
from passwords.bulk_options import BulkOptions, shows_results
from passwords.bulk_starters import Starter, act_authority, reset_authority, right_of, starter_of
from passwords.models import BulkAct, BulkChunk, BulkEnd, BulkJob, BulkState
from passwords.orders import ResetEnd, ResetOrder, ResetOutcome
from passwords.services.bulk_claims import (
    MOST_TRIES,
    Claim,
    ClaimLost,
    Ended,
    claim_chunk,
    end_rest,
    give_up,
    people_left,
    release,
    renewer,
    settle,
)
from passwords.services.bulk_records import record_over
from passwords.services.reset import reset_passwords
from users.actors import SYSTEM
from users.models import Tenant, User
from users.services.acts import Act, ActOutcome, act_on_people

logger = logging.getLogger(__name__)

Outcome = TypeVar("Outcome", ResetOutcome, ActOutcome)

OF_THE_DATABASE = (OperationalError, InterfaceError)
"""Faults that are nobody's of the chunk: the lease runs out and another worker goes on."""

STOPPED = "BULK_STOPPED"
"""The code of whoever was not begun when the starter had lost the right; it is not the reader who lost it."""

RUNNING = """
    SELECT {columns}
    FROM passwords_bulkjob j JOIN users_tenant t ON t.id = j.tenant_id LEFT JOIN users_user u ON u.id = j.starter_id
    WHERE j.id = %s AND j.state = 'running'
"""


class Step(StrEnum):
    """What one call did."""

    RAN = "ran"
    NOTHING_FREE = "nothing free"
    BUSY = "busy"
    OVER = "over"


@sensitive_variables()
def run_next_chunk(job_id: UUID, *, now: datetime, password: Secret | None = None) -> Step:
    """Work off the next free chunk of a running job; not inside a transaction, but inside the tenant's scope.

    ``password`` is the one that was chosen for everybody, which only the request that started the job knows.
    """
    job = _running_job(job_id)
    if job is None:
        return Step.OVER
    starter = starter_of(job)
    if starter is None or not starter.may(right_of(job.act)):
        stop_job(job, code=STOPPED, now=now)
        return Step.OVER
    claim = claim_chunk(job, now=now)
    if claim is None:
        return Step.OVER if _finish(job, now=now) else Step.NOTHING_FREE
    try:
        _run_claimed(claim, starter, password, now=now)
    except ClaimLost:
        logger.info("bulk job %s: chunk %d was taken over or ended", job.pk, claim.number)
    except HashingBusy:
        release(claim)
        return Step.BUSY
    return Step.RAN


def _running_job(job_id: UUID) -> BulkJob | None:
    job: BulkJob
    for job, tenant, starter in load(RUNNING, [job_id], models={"j": BulkJob, "t": Tenant, "u": User}):
        job.tenant, job.starter = tenant, starter
        return job
    return None


@sensitive_variables()
def _run_claimed(claim: Claim, starter: Starter, password: Secret | None, *, now: datetime) -> None:
    """Do the act to everybody of the chunk; a fault of one person costs nobody else anything."""
    left = people_left(claim)
    if claim.tries > MOST_TRIES:
        give_up(claim, "BULK_NOT_FINISHED", user_ids=list(left), now=now)
        return
    if BulkOptions.read(claim.job.options).has_own_password and password is None:
        give_up(claim, "BULK_PASSWORD_GONE", user_ids=list(left), now=now)
        return
    try:
        _act(claim, starter, left, password, now=now)
    except (ClaimLost, HashingBusy, *OF_THE_DATABASE):
        raise
    except Exception:
        logger.exception("bulk job %s: chunk %d is tried one by one", claim.job.pk, claim.number)
        _run_one_by_one(claim, starter, password, now=now)


@sensitive_variables()
def _run_one_by_one(claim: Claim, starter: Starter, password: Secret | None, *, now: datetime) -> None:
    for user_id, position in people_left(claim).items():
        try:
            _act(claim, starter, {user_id: position}, password, now=now)
        except (ClaimLost, HashingBusy, *OF_THE_DATABASE):
            raise
        except Exception:
            logger.exception("bulk job %s: item %d failed", claim.job.pk, position)
            give_up(claim, "BULK_FAULT", user_ids=[user_id], now=now)


@sensitive_variables()
def _act(claim: Claim, starter: Starter, people: Mapping[UUID, int], password: Secret | None, *, now: datetime) -> None:
    """Do the act to these people by the very function that the panel calls for one."""
    job, options = claim.job, BulkOptions.read(claim.job.options)
    if job.act == BulkAct.RESET:
        reset_passwords(
            tenant=job.tenant,
            orders=[ResetOrder(user_id=user_id, password=password) for user_id in people],
            authority=reset_authority(job, starter, items=people),
            options=options.for_reset(job, shows_results=shows_results(job.tenant, options, requested=job.requested)),
            now=now,
            settle=_settler(claim, _reset_ended, now=now),
            pulse=renewer(claim, now=now),
        )
        return
    act_on_people(
        tenant=job.tenant,
        act=Act(job.act),
        user_ids=list(people),
        authority=act_authority(job, starter, items=people),
        reason=options.reason,
        now=now,
        settle=_settler(claim, _act_ended, now=now),
    )


def _settler(
    claim: Claim, translate: Callable[[Outcome], Ended], *, now: datetime
) -> Callable[[Sequence[Outcome]], None]:
    return lambda outcomes: settle(claim, [translate(outcome) for outcome in outcomes], now=now)


def _reset_ended(outcome: ResetOutcome) -> Ended:
    end = {ResetEnd.DONE: BulkEnd.DONE, ResetEnd.REFUSED: BulkEnd.REFUSED, ResetEnd.FAILED: BulkEnd.FAILED}
    return Ended(
        user_id=outcome.user_id,
        end=end[outcome.end],
        code=outcome.code,
        values=outcome.values,
        reset_id=outcome.reset_id,
    )


def _act_ended(outcome: ActOutcome) -> Ended:
    decision = outcome.decision
    if decision.allowed:
        return Ended(user_id=outcome.user_id, end=BulkEnd.DONE)
    return Ended(user_id=outcome.user_id, end=BulkEnd.REFUSED, code=decision.code, values=decision.values)


def stop_job(
    job: BulkJob,
    *,
    code: str,
    states: Sequence[BulkState] = (BulkState.RUNNING,),
    purged_at: datetime | None = None,
    now: datetime,
) -> bool:
    """End a job: whoever was not begun is refused with this code, by one statement; False where it was over already.

    ``code`` is :data:`STOPPED` or ``bulk_records.RESTORED``. With ``purged_at`` its passwords are told to be gone.
    """
    with transaction.atomic():
        mine = BulkJob.objects.filter(pk=job.pk, state__in=states)
        if not mine.update(state=BulkState.STOPPED, stop_code=code, finished_at=now, purged_at=purged_at):
            return False
        end_rest(job, BulkEnd.REFUSED, code=code)
        job.refresh_from_db()
        record_over(job, by=SYSTEM, now=now)
    return True


def _finish(job: BulkJob, *, now: datetime) -> bool:
    """End a job of which nobody is left; true also when another worker has just done so."""
    with transaction.atomic():
        # Asked by the change itself: asked before it, the job could end in between and be tried again.
        waiting = BulkChunk.objects.filter(job=OuterRef("pk"), left__gt=0)
        running = BulkJob.objects.filter(~Exists(waiting), pk=job.pk, state=BulkState.RUNNING)
        if running.update(state=BulkState.FINISHED, finished_at=now):
            job.refresh_from_db()
            record_over(job, by=SYSTEM, now=now)
            return True
    return not BulkChunk.objects.filter(job=job, left__gt=0).exists()
