"""Bulk jobs as their pages find them: who may see which, and who alone sees passwords."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from passwords.models import BulkJob, BulkState
from users.actors import Actor
from users.roles import Role

OVERSEERS: Final = frozenset({Role.GLOBAL_ADMINISTRATOR, Role.GLOBAL_READER, Role.SECURITY_ADMINISTRATOR})
"""Who sees the jobs of everybody, without passwords."""
JOBS_A_PAGE: Final = 30
"""Jobs on one page of the list."""


def get_visible_job(job_id: UUID, *, actor: Actor) -> BulkJob:
    """Return a job that this person may look at: an own one, or as an overseer any that was started.

    :raises Http404: for every other one.
    """
    return _the_one(visible_jobs(actor), job_id)


def follow_job(job_id: UUID, *, actor: Actor) -> BulkJob:
    """Return the same without how its people were chosen, for a page that asks each second.

    :raises Http404: for every other one.
    """
    return _the_one(visible_jobs(actor).defer("source"), job_id)


def _the_one(jobs: QuerySet[BulkJob], job_id: UUID) -> BulkJob:
    job = jobs.select_related("tenant", "starter").filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def get_own_job(job_id: UUID, *, actor: Actor) -> BulkJob:
    """Return a job that this person started or drafted.

    :raises Http404: for every other one.
    """
    job = get_visible_job(job_id, actor=actor)
    if job.starter_id != actor.id:
        raise Http404
    return job


def visible_jobs(actor: Actor) -> QuerySet[BulkJob]:
    """Return the jobs that this person may look at."""
    mine = Q(starter=actor.id)
    if OVERSEERS & actor.roles:
        return BulkJob.objects.filter(mine | ~Q(state=BulkState.DRAFT))
    return BulkJob.objects.filter(mine)


def list_jobs(actor: Actor, *, before: UUID | None = None) -> list[BulkJob]:
    """Return a page of the jobs that were started, newest first, and one more where there are more."""
    jobs = visible_jobs(actor).exclude(state=BulkState.DRAFT)
    if before is not None:
        last = visible_jobs(actor).filter(pk=before).first()
        if last is not None:
            jobs = jobs.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    return list(jobs.order_by("-created_at", "-pk")[: JOBS_A_PAGE + 1])


def has_running_job(actor: Actor) -> bool:
    """Tell whether a job that this person may look at is under way."""
    return visible_jobs(actor).filter(state__in=(BulkState.RUNNING, BulkState.PAUSED)).exists()
