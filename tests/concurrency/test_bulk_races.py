"""Workers beside workers, controls and changes of rights: each person once, and every total true."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.models import BulkAct, BulkChunk, BulkItem, BulkJob, BulkState, PasswordReset
from passwords.services.bulk import NotPossible, cancel_bulk, pause_bulk, retry_failed
from passwords.services.bulk_purge import purge_bulk_jobs
from passwords.services.bulk_results import adds_up, progress_of
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_waking import resume_bulk_jobs
from tests.cast import PASSWORD, Cast
from tests.concurrency.bulk_workers import HASH, assert_each_once, worker
from tests.concurrency.crowd import at_once, behind_a_lock, meanwhile, meet
from tests.contracts.matrix import give
from tests.passwords.bulk_crowd import crowd_of, drafted, ends_of, make_crowd, started, worked_off
from users.models import RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    return make_crowd(100)


def test_four_workers_share_a_job_and_do_nobody_twice(cast: Cast) -> None:
    job = started(cast, drafted(cast))

    chunks = at_once([worker(cast, job)] * 4)

    assert sum(chunks) == 4
    assert_each_once(cast, job, done=100)
    assert job.state == BulkState.FINISHED
    assert AuditEvent.objects.filter(activity="Finished bulk reset").count() == 1


def test_sweep_leaves_a_draft_alone_that_is_being_started(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the sweep it is a draft of yesterday still, as nothing of the start is committed yet."""
    job = drafted(cast)

    def sweep() -> None:
        purge_bulk_jobs(clock.now() + timedelta(hours=25))

    meanwhile(monkeypatch, "passwords.services.bulk._add_chunks", sweep)
    started(cast, job)

    worker(cast, job)()
    assert_each_once(cast, job, done=100)


def test_cancel_takes_back_what_is_under_way(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = started(cast, drafted(cast))

    def cancel() -> None:
        with within(cast.tenant):
            cancel_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())

    meanwhile(monkeypatch, HASH, cancel)
    with within(cast.tenant):
        run_next_chunk(job.pk, now=clock.now())
        people = list(User.objects.filter(pk__in=[user.pk for user in crowd_of(cast)]))
        assert all(user.check_password(PASSWORD) for user in people)

    assert set(ends_of(cast, job).values()) == {("canceled", "")}
    assert_each_once(cast, job, done=0)


def test_pause_lets_what_is_under_way_come_to_its_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = started(cast, drafted(cast))

    def pause() -> None:
        with within(cast.tenant):
            pause_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())

    meanwhile(monkeypatch, HASH, pause)
    assert worker(cast, job)() == 1

    assert_each_once(cast, job, done=25)
    assert job.state == BulkState.PAUSED


def test_target_that_is_promoted_during_the_hash_is_refused_and_the_others_are_not(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = started(cast, drafted(cast))

    def promote() -> None:
        with within(cast.tenant):
            give(cast, cast["p3"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])

    meanwhile(monkeypatch, HASH, promote)
    worked_off(cast, job)

    assert ends_of(cast, job)["p3"] == ("refused", "RESET_TARGET_ROLE")
    assert_each_once(cast, job, done=99)


def test_starter_who_is_demoted_during_the_hash_resets_nobody_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = started(cast, drafted(cast))

    def demote() -> None:
        with within(cast.tenant):
            RoleAssignment.objects.filter(user=cast["helpdesk"]).delete()

    meanwhile(monkeypatch, HASH, demote)
    worked_off(cast, job)

    assert set(ends_of(cast, job).values()) == {("refused", "RESET_NO_ROLE"), ("refused", "BULK_STOPPED")}
    assert job.state == BulkState.STOPPED
    assert_each_once(cast, job, done=0)


def test_workers_of_two_jobs_on_the_same_people_wait_for_each_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.add("second", roles=(Role.HELPDESK_ADMINISTRATOR,))
    first = started(cast, drafted(cast))
    second = started(cast, drafted(cast, starter="second", people=crowd_of(cast)[::-1]), starter="second")
    meet(monkeypatch, HASH, 2)

    at_once([worker(cast, first), worker(cast, second)])

    with within(cast.tenant):
        for job in (first, second):
            job.refresh_from_db()
            assert adds_up(job) and job.state == BulkState.FINISHED
        assert PasswordReset.objects.filter(replaced_at=None).values("target").distinct().count() == 100


def test_cancel_and_settling_workers_do_not_wait_for_each_other_forever(cast: Cast) -> None:
    job = started(cast, drafted(cast))

    def cancel() -> int:
        with within(cast.tenant), suppress(NotPossible):  # the workers may have been quicker
            cancel_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
        return 0

    at_once([worker(cast, job), worker(cast, job), cancel])

    with within(cast.tenant):
        found = progress_of(job, now=clock.now())
        assert found.left == 0 and found.done + found.canceled == 100
        job.refresh_from_db()
        assert job.state == (BulkState.CANCELED if found.canceled else BulkState.FINISHED)
    assert_each_once(cast, job, done=found.done)


def test_bulk_block_of_every_global_administrator_keeps_one(cast: Cast) -> None:
    for name in ("boss1", "boss2", "boss3"):
        cast.add(name, roles=(Role.GLOBAL_ADMINISTRATOR,))
    people = [cast[name] for name in ("boss1", "boss2", "boss3")]
    job = drafted(cast, starter="global", act=BulkAct.BLOCK, people=people)

    def start() -> BulkJob:
        return started(cast, job, starter="global")

    behind_a_lock(lambda: Tenant.objects.select_for_update().get(pk=cast.tenant.pk), [start])

    with within(cast.tenant):
        bosses = User.objects.filter(role_assignments__role=TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
        assert bosses.filter(account_enabled=True).exists()


def test_sweep_wakes_a_job_that_nobody_works_on_and_goes_on_without_a_broker(cast: Cast) -> None:
    job = started(cast, drafted(cast))

    assert resume_bulk_jobs(clock.now()) == 0
    with clock.travel(timedelta(seconds=21)):
        assert resume_bulk_jobs(clock.now()) == 1
        assert resume_bulk_jobs(clock.now()) == 0

    assert_each_once(cast, job, done=100)
    assert job.wave == 1


def test_worker_that_looked_before_a_retry_does_not_end_the_job_over_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds nobody left; the job ends and is tried again; only then it writes that the job is over."""
    job = worked_off(cast, started(cast, drafted(cast)))
    with within(cast.tenant):
        item = BulkItem.objects.filter(job=job).order_by("position")[0]
        BulkItem.objects.filter(pk=item.pk).update(end="failed", reset=None)
        PasswordReset.objects.filter(job=job, target=item.user_id).delete()
        BulkChunk.objects.filter(job=job, number=item.chunk).update(done=24, failed=1)
        BulkJob.objects.filter(pk=job.pk).update(state=BulkState.RUNNING, finished_at=None)

    def finish_and_retry() -> None:
        with within(cast.tenant):
            assert run_next_chunk(job.pk, now=clock.now()) is Step.OVER
            retry_failed(job.pk, actor=cast.actor("helpdesk"), now=clock.now())

    meanwhile(monkeypatch, "django.db.transaction.atomic", finish_and_retry)
    with within(cast.tenant):
        run_next_chunk(job.pk, now=clock.now())
        job.refresh_from_db()

    assert job.state == BulkState.RUNNING
    job = worked_off(cast, job)
    assert job.state == BulkState.FINISHED
    with within(cast.tenant):
        assert progress_of(job, now=clock.now()).done == 100
