"""What workers of bulk jobs are told, and how several jobs share them."""

from __future__ import annotations

import json
from base64 import b64decode
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from adminportal import clock
from passwords import tasks
from passwords.models import BulkJob, BulkState
from passwords.services.bulk import cancel_bulk, pause_bulk, resume_bulk
from passwords.services.bulk_results import progress_of
from tests.cast import Cast
from tests.passwords.bulk_crowd import drafted, make_crowd, started
from tests.services.valkey import Valkey
from users.tenancy import within

pytestmark = [pytest.mark.valkey, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _one_chunk_a_turn(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(tasks, "SLICE_SECONDS", 0.0)
    settings.BULK_WORKERS = 2


def queued(valkey: Valkey) -> list[dict[str, str | int]]:
    """Return the arguments of the tasks in the queue, the next one first."""
    client = valkey.client()
    found = [json.loads(raw) for raw in client.lrange("bulk", 0, -1)][::-1]
    client.close()
    return [json.loads(b64decode(task["body"]))[1] for task in found]


def take_turn(valkey: Valkey) -> None:
    """Do what a worker does with the next task."""
    client = valkey.client()
    task = json.loads(client.rpop("bulk"))
    client.close()
    tasks.run_bulk(**json.loads(b64decode(task["body"]))[1])


def done(cast: Cast, job: BulkJob) -> int:
    with within(cast.tenant):
        return progress_of(job, now=clock.now()).done


def test_start_puts_one_task_for_each_worker_into_the_queue_with_ids_alone(valkey: Valkey) -> None:
    cast = make_crowd(60)
    job = started(cast, drafted(cast), reason="asked by phone")

    told = {"job_id": str(job.pk), "tenant_id": str(cast.tenant.pk), "wave": 0}
    assert queued(valkey) == [told, told]


def test_two_jobs_take_turns(valkey: Valkey) -> None:
    first, second = make_crowd(75), make_crowd(75, domain="fabrikam.example")
    jobs = {cast.domain: started(cast, drafted(cast)) for cast in (first, second)}

    for _turn in range(4):
        take_turn(valkey)

    assert done(first, jobs[first.domain]) == done(second, jobs[second.domain]) == 50
    assert [task["tenant_id"] for task in queued(valkey)] == [str(first.tenant.pk)] * 2 + [str(second.tenant.pk)] * 2


def test_job_comes_to_its_end_and_leaves_no_task_behind(valkey: Valkey) -> None:
    cast = make_crowd(60)
    job = started(cast, drafted(cast))

    while queued(valkey):
        take_turn(valkey)

    assert done(cast, job) == 60
    with within(cast.tenant):
        job.refresh_from_db()
    assert job.state == BulkState.FINISHED


def test_task_of_an_older_wave_runs_once_more_and_is_not_queued_again(valkey: Valkey) -> None:
    cast = make_crowd(100)
    job = started(cast, drafted(cast))
    with within(cast.tenant):
        BulkJob.objects.filter(pk=job.pk).update(wave=1)

    take_turn(valkey)
    take_turn(valkey)

    assert done(cast, job) == 50
    assert queued(valkey) == []


def test_task_of_a_paused_canceled_or_unknown_job_does_nothing(valkey: Valkey) -> None:
    cast = make_crowd(60)
    job = started(cast, drafted(cast))
    names = queued(valkey)[0]
    with within(cast.tenant):
        pause_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
    valkey.flush()

    tasks.run_bulk(**names)  # type: ignore[arg-type]
    assert (done(cast, job), queued(valkey)) == (0, [])

    with within(cast.tenant):
        resume_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
    assert len(queued(valkey)) == 2
    with within(cast.tenant):
        cancel_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
    valkey.flush()
    tasks.run_bulk(**names)  # type: ignore[arg-type]
    tasks.run_bulk(job_id=str(uuid4()), tenant_id=str(cast.tenant.pk), wave=0)
    tasks.run_bulk(job_id=str(job.pk), tenant_id=str(UUID(int=7)), wave=0)

    assert (done(cast, job), queued(valkey)) == (0, [])
