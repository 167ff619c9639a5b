"""Bulk jobs: from the confirmation of a draft to the first of its people."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.tags import Activity
from adminportal.insertion import insert_rows
from adminportal.sealing import Secret
from passwords.bulk_options import AT_ONCE, BulkOptions
from passwords.bulk_starters import Operator, Starter, right_of
from passwords.models import BulkAct, BulkChunk, BulkItem, BulkJob, BulkState
from passwords.reveal import SEALED_FOR
from passwords.services.bulk_drafts import is_too_old
from passwords.services.bulk_moves import NotPossible, cancel_bulk, pause_bulk, resume_bulk, retry_failed
from passwords.services.bulk_preview import Preview, preview
from passwords.services.bulk_records import record_job
from passwords.services.bulk_refusals import BulkRefused, refusals_recorded
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_selection import add_items, chunk_sql, people_of
from passwords.services.bulk_waking import wake_workers
from users.access import has_fresh_proof
from users.services.statistics import MANY

__all__ = [
    "AT_ONCE",
    "ConfirmationNeeded",
    "NotPossible",
    "SetChanged",
    "cancel_bulk",
    "pause_bulk",
    "resume_bulk",
    "retry_failed",
    "start_bulk",
    "typed_text",
]

logger = logging.getLogger(__name__)

WORDS: Final[dict[str, str]] = {
    BulkAct.RESET: "RESET",
    BulkAct.FORCE_CHANGE: "FORCE",
    BulkAct.BLOCK: "BLOCK",
    BulkAct.ALLOW: "ALLOW",
    BulkAct.SIGN_OUT: "SIGN OUT",
}
"""What is typed before the number to confirm an act on many; CHANGE for all others. The same in every language."""


class SetChanged(Exception):
    """The people, or what would happen to them, changed since the preview; nothing was started."""

    def __init__(self, preview: Preview) -> None:
        super().__init__("the set changed")
        self.preview = preview


class ConfirmationNeeded(BulkRefused):
    """Nothing was started: ``code`` is RESET_STEP_UP (fresh proof is needed) or TYPED (what was typed is not it)."""

    def __init__(self, code: str, preview: Preview) -> None:
        super().__init__(code)
        self.preview = preview


def typed_text(job: BulkJob, found: Preview) -> str:
    """Return what must be typed to confirm, such as RESET 312; empty where a press of the button is enough."""
    return f"{WORDS.get(job.act, 'CHANGE')} {found.reachable}" if found.requested > AT_ONCE else ""


@sensitive_variables()
def start_bulk(
    job_id: UUID,
    *,
    actor: Starter,
    options: BulkOptions,
    fingerprint: str,
    typed: str = "",
    password: Secret | None = None,
    now: datetime,
) -> BulkJob:
    """Start a draft after its preview: up to ``AT_ONCE`` people here and now, more by workers; not in a transaction.

    A draft that was started already is returned as it is. ``password`` is given to everybody, for few people only.

    :raises BulkJob.DoesNotExist: when it is nobody's here or somebody else's.
    :raises SetChanged: when the preview that the fingerprint is of does not hold any more.
    :raises ConfirmationNeeded: when fresh proof or the typed confirmation is missing.
    :raises NotPossible: when nobody would be reached, a chosen password is for few people only, or the draft is older
        than a day.
    """
    job = BulkJob.objects.select_related("tenant", "starter").get(pk=job_id, starter_id=actor.id)
    if job.state != BulkState.DRAFT:
        return job
    found = preview(job, actor=actor, options=options, now=now)
    if found.fingerprint != fingerprint:
        raise SetChanged(found)
    with refusals_recorded(job.pk, Activity.STARTED_BULK_RESET, actor=actor, now=now):
        _check(job, found, actor, typed, has_password=password is not None, now=now)
    with transaction.atomic():
        job = (
            BulkJob.objects.select_for_update(of=("self",), no_key=True)
            .select_related("tenant", "starter")
            .get(pk=job.pk)
        )
        if job.state != BulkState.DRAFT:
            return job
        if is_too_old(job, now=now):
            raise NotPossible("too_old")
        _start(job, actor, options, fingerprint, has_password=password is not None, now=now)
    if job.requested <= AT_ONCE:
        _run_here(job, password, now=now)
    return job


def _letters(typed: str) -> str:
    """Return what counts of a typed confirmation: "reset 5,248" is RESET 5248, as the page groups the number."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def _check(job: BulkJob, found: Preview, actor: Starter, typed: str, *, has_password: bool, now: datetime) -> None:
    """Ask everything that is asked once, at the start."""
    if not actor.may(right_of(job.act)):
        raise NotPossible(f"NO_RIGHT_{right_of(job.act).name}")
    if not found.reachable:
        raise NotPossible("nobody")
    if has_password and found.requested > AT_ONCE:
        raise NotPossible("too_many")
    if isinstance(actor, Operator):
        return
    if (found.requested > AT_ONCE or found.holds_role) and not has_fresh_proof(actor, now=now):
        raise ConfirmationNeeded("RESET_STEP_UP", found)
    wanted = typed_text(job, found)
    if wanted and _letters(typed) != _letters(wanted):
        raise ConfirmationNeeded("TYPED", found)


def _start(
    job: BulkJob, actor: Starter, options: BulkOptions, fingerprint: str, *, has_password: bool, now: datetime
) -> None:
    """Freeze the people into items, look once more whether they are those of the preview, and let the job run."""
    if job.source_kind in (BulkJob.SourceKind.FILTER, BulkJob.SourceKind.ALL, BulkJob.SourceKind.GROUP):
        _freeze(job)
    job.started_at = now
    found = preview(job, actor=actor, options=options, now=now)
    if found.fingerprint != fingerprint:
        raise SetChanged(found)
    _add_chunks(job)
    job.options = {**options.stored(), "has_own_password": has_password}
    job.state, job.requested, job.fingerprint = BulkState.RUNNING, found.requested, fingerprint
    job.sealed_until = now + SEALED_FOR if job.act == BulkAct.RESET else None
    job.touched_at = now
    job.is_proven = isinstance(actor, Operator) or has_fresh_proof(actor, now=now)
    job.save(
        update_fields=[
            "options",
            "state",
            "requested",
            "fingerprint",
            "started_at",
            "sealed_until",
            "touched_at",
            "is_proven",
        ]
    )
    details = {
        "Source": job.source_kind,
        "Requested": str(found.requested),
        "Reached": str(found.reachable),
        "Refused": str(found.left_out_count),
    }
    record_job(job, Activity.STARTED_BULK_RESET, by=actor.for_audit(), details=details, now=now)
    if job.requested > AT_ONCE:
        transaction.on_commit(partial(wake_workers, job), robust=True)


def _freeze(job: BulkJob) -> None:
    """Make one item of everybody whom the condition finds at this moment, by name, with one statement."""
    people = people_of(job)
    if connection.vendor != "postgresql":
        add_items(job, list(people.order_by("sort_name", "pk").values_list("pk", flat=True)))
        return
    place = Window(RowNumber(), order_by=[F("sort_name").asc(), F("pk").asc()])
    chosen, values = people.annotate(place=place).values_list("pk", "place").query.sql_with_params()
    columns = 'tenant_id, job_id, user_id, "position", chunk, "end", code, "values"'
    # As many as the preview counted: were it others by now, chunks would differ in size and nothing else.
    chunk = chunk_sql("(place - 1)", total=job.requested)
    fixed = f"%s, %s, user_id, place - 1, {chunk}, 'left', '', '{{}}'"
    # Only names of the model and the compiled query stand in the text; every value is a parameter.
    statement = f"INSERT INTO passwords_bulkitem ({columns}) SELECT {fixed} FROM ({chosen}) AS chosen (user_id, place)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, (job.tenant_id, job.pk, *values))
        if cursor.rowcount >= MANY:
            # The planner knows nothing yet of rows that have just come in numbers.
            cursor.execute("ANALYZE passwords_bulkitem")


def _add_chunks(job: BulkJob) -> None:
    sizes = BulkItem.objects.filter(job=job).values_list("chunk").annotate(size=Count("pk")).order_by("chunk")
    insert_rows(
        BulkChunk,
        ({"tenant_id": job.tenant_id, "job_id": job.pk, "number": number, "left": size} for number, size in sizes),
    )


@sensitive_variables()
def _run_here(job: BulkJob, password: Secret | None, *, now: datetime) -> None:
    """Work the whole job off in this request; what cannot be done at once is left to the workers."""
    try:
        step = Step.RAN
        while step is Step.RAN:
            step = run_next_chunk(job.pk, now=now, password=password)
    except Exception:
        logger.exception("bulk job %s: the request could not finish it", job.pk)
    job.refresh_from_db()
    if job.state == BulkState.RUNNING:
        wake_workers(job)
