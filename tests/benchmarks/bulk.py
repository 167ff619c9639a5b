"""Bulk jobs, as one process of the benchmark beside the one that has filled the database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminportal import clock
from adminportal.queries import fetch
from passwords.bulk_options import BulkOptions
from passwords.models import BulkAct, BulkJob, BulkState
from passwords.services.bulk import start_bulk, typed_text
from passwords.services.bulk_preview import Preview, preview
from passwords.services.bulk_results import adds_up, progress_of
from passwords.services.bulk_run import run_next_chunk
from passwords.services.bulk_selection import CHUNK_SIZE, draft_from_filter, draft_from_ids, people_of
from tests.benchmarks import population
from tests.benchmarks.browser import Application, Browser
from tests.benchmarks.statements import is_transaction
from users.actors import Actor, load_actor
from users.models import User
from users.sessions import open_session
from users.tenancy import across_tenants, within

POLL_SECONDS = 0.1
OPTIONS = BulkOptions()


@dataclass(slots=True)
class Process:
    """What the process keeps between two operations."""

    application: Application | None = None
    admin: User | None = None


here = Process()


def load() -> None:
    """Get ready to answer from a database that is filled already."""
    here.application = get_wsgi_application()
    with across_tenants():
        here.admin = User.objects.select_related("tenant").get(upn_folded=f"helpdesk@{population.DOMAIN}")


def vacuum() -> None:
    """Let PostgreSQL know its tables, as after any day of use: it has planned for empty ones until now."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def run_chosen(*, people: int) -> dict[str, float]:
    """Reset so many people by workers; returns the seconds from the start to the end of the job, and its counts."""
    actor = _actor()
    with within(actor.tenant):
        others = User.objects.exclude(search_names__contains=population.COMMON).exclude(pk=actor.id)
        ids = list(others.order_by("-pk").values_list("pk", flat=True)[:people])
        return _run(draft_from_ids(actor=actor, act=BulkAct.RESET, user_ids=ids, now=clock.now()), actor)


def run_filter(*, everybody: bool) -> dict[str, float]:
    """Reset everybody there is, or everybody of a search that finds one in ten, by workers."""
    actor = _actor()
    with within(actor.tenant):
        return _run(_draft(actor, everybody=everybody), actor)


def count_queries_of_chunk() -> float:
    """Work one chunk off here and return the queries that it cost for each of its people."""
    actor = _actor()
    with within(actor.tenant):
        ids = list(User.objects.exclude(pk=actor.id).order_by("pk").values_list("pk", flat=True)[: 2 * CHUNK_SIZE])
        draft = draft_from_ids(actor=actor, act=BulkAct.RESET, user_ids=ids, now=clock.now())
        job = _start(draft, _preview(draft, actor), actor)
        with CaptureQueriesContext(connection) as captured:
            run_next_chunk(job.pk, now=clock.now())
        run_next_chunk(job.pk, now=clock.now())
    return sum(not is_transaction(query["sql"]) for query in captured.captured_queries) / CHUNK_SIZE


def time_preview(*, everybody: bool) -> float:
    """Preview a reset of everybody there is, or of everybody of that search."""
    actor = _actor()
    with within(actor.tenant):
        job = _draft(actor, everybody=everybody)
        started = time.perf_counter()
        _preview(job, actor)
        return time.perf_counter() - started


def time_count(*, everybody: bool) -> float:
    """Count the same people with one query."""
    actor = _actor()
    with within(actor.tenant):
        people = people_of(_draft(actor, everybody=everybody))
        started = time.perf_counter()
        people.count()
        return time.perf_counter() - started


def fill_results(*, rows: int) -> str:
    """Write a finished job with so many results, past the workers: only its rows are wanted; returns its id."""
    actor = _actor()
    with within(actor.tenant):
        job = _draft(actor, everybody=True)
        BulkJob.objects.filter(pk=job.pk).update(
            state=BulkState.FINISHED, requested=rows, started_at=clock.now(), finished_at=clock.now()
        )
    with connection.cursor() as cursor:
        for statement in population.RESULTS:
            cursor.execute(statement, {"job": job.pk, "rows": rows, "size": CHUNK_SIZE})
    vacuum()
    return str(job.pk)


def open_results(*, job: str) -> float:
    """Open the page of a job as its starter."""
    assert here.application is not None and here.admin is not None
    key = open_session(here.admin, now=clock.now())
    browser = Browser(
        application=here.application,
        csrf_cookie=settings.CSRF_COOKIE_NAME,
        cookies={settings.SESSION_COOKIE_NAME: key.expose()},
    )
    answer = browser.get(reverse("passwords:bulk", args=[UUID(job)]))
    if answer.status != 200:
        raise AssertionError(f"200 was expected, {answer.status} came: {answer.body.decode()[:3000]}")
    return answer.seconds


def _actor() -> Actor:
    assert here.admin is not None
    with within(here.admin.tenant):
        return load_actor(here.admin, tenant=here.admin.tenant, proven_at=clock.now())


def _draft(actor: Actor, *, everybody: bool) -> BulkJob:
    search = "" if everybody else population.COMMON
    return draft_from_filter(actor=actor, act=BulkAct.RESET, search=search, view="", in_contacts=False, now=clock.now())


def _preview(job: BulkJob, actor: Actor) -> Preview:
    return preview(job, actor=actor, options=OPTIONS, now=clock.now())


def _start(job: BulkJob, found: Preview, actor: Actor) -> BulkJob:
    return start_bulk(
        job.pk,
        actor=actor,
        options=OPTIONS,
        fingerprint=found.fingerprint,
        typed=typed_text(job, found),
        now=clock.now(),
    )


def _run(job: BulkJob, actor: Actor) -> dict[str, float]:
    """Let workers do a job, and time it from the press of the button to the end of its last person."""
    found = _preview(job, actor)
    started = time.perf_counter()
    job = _start(job, found, actor)
    # One plain statement: the cores belong to the workers, and a look every 20 ms by the ORM took 4 of 100 from them.
    while fetch("SELECT 1 FROM passwords_bulkjob WHERE id = %s AND state = 'running'", [job.pk], uuid_columns=()):
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - started
    job.refresh_from_db()
    progress = progress_of(job, now=clock.now())
    if progress.done != progress.requested or not adds_up(job):
        raise AssertionError(f"Not everybody was reset: {progress}")
    return {"seconds": seconds, "done": progress.done}


OPERATIONS = (
    load,
    vacuum,
    run_chosen,
    run_filter,
    count_queries_of_chunk,
    time_preview,
    time_count,
    fill_results,
    open_results,
)
"""What the process can be asked for, by the names of these functions."""
