"""Takes up those whom an ended bulk job did not begin with: as a new draft, with a preview of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from passwords.bulk_starters import Starter
from passwords.models import UNDER_WAY, BulkEnd, BulkItem, BulkJob
from passwords.services.bulk_moves import NotPossible
from passwords.services.bulk_records import RESTORED
from passwords.services.bulk_run import STOPPED
from passwords.services.bulk_selection import NobodyChosen, draft_from_ids

NOT_BEGUN: Final = Q(end=BulkEnd.CANCELED) | Q(code__in=(STOPPED, RESTORED))
"""Whoever was left when the job was canceled, or stopped: its starter had lost the right, or a backup was put back."""


def choose_rest(job_id: UUID, *, actor: Starter, now: datetime) -> BulkJob:
    """Make a draft of the same act for those whom the job did not begin with; the job itself stays as it is.

    :raises NotPossible: when the job is not over, not the actor's, or everybody was begun with.
    """
    job = BulkJob.objects.get(pk=job_id)
    if job.starter_id != actor.id:
        raise NotPossible("not_yours")
    if job.state in UNDER_WAY:
        raise NotPossible("state")
    not_begun = NOT_BEGUN | Q(end=BulkEnd.REFUSED, code=job.stop_code) if job.stop_code else NOT_BEGUN
    rest = BulkItem.objects.filter(not_begun, job=job).order_by("position").values_list("user_id", flat=True)
    try:
        return draft_from_ids(actor=actor, act=job.act, user_ids=list(rest), now=now)
    except NobodyChosen:
        raise NotPossible("all_begun") from None
