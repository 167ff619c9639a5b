"""One chunk of a bulk job, several workers: one has it, as long as something is heard of that one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password

from adminportal import clock
from passwords.models import BulkChunk, BulkItem, BulkJob
from passwords.services.bulk_claims import ClaimLost, claim_chunk, give_up, people_left
from passwords.services.bulk_results import adds_up, progress_of
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_waking import resume_bulk_jobs
from tests.cast import Cast
from tests.concurrency.bulk_workers import HASH, assert_each_once, worker
from tests.concurrency.crowd import at_once, elsewhere, meanwhile
from tests.passwords.bulk_crowd import crowd_of, drafted, make_crowd, started, worked_off
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    return make_crowd(60)


def one_chunk(cast: Cast) -> BulkJob:
    """Start a job and leave only its first chunk."""
    job = started(cast, drafted(cast, people=crowd_of(cast)[:60]))
    with within(cast.tenant):
        BulkChunk.objects.filter(job=job, number__gt=0).delete()
        BulkItem.objects.filter(job=job, chunk__gt=0).delete()
        BulkJob.objects.filter(pk=job.pk).update(requested=25)
    return job


def slow_hashes(patch: pytest.MonkeyPatch, *, seconds: int, then: Callable[[int], object]) -> list[int]:
    """Have each hash of this thread take so long and ``then`` be called with its number; returns the numbers."""
    made: list[int] = []
    here = threading.get_ident()

    def slow(password: str) -> str:
        if threading.get_ident() == here:
            made.append(len(made) + 1)
            patch.setattr(clock, "_offset", clock._offset + timedelta(seconds=seconds))
            then(made[-1])
        return make_password(password)

    patch.setattr(HASH, slow)
    return made


def test_one_chunk_that_two_workers_hold_is_written_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker sleeps past its lease, the second one takes the chunk over, and both come to the end."""
    job = one_chunk(cast)

    def take_over() -> None:
        with clock.travel(timedelta(seconds=61)), within(cast.tenant):
            assert run_next_chunk(job.pk, now=clock.now()) is Step.RAN

    meanwhile(monkeypatch, HASH, take_over)
    with within(cast.tenant):
        # The late one finds its claim gone and takes everything back.
        assert run_next_chunk(job.pk, now=clock.now()) is Step.RAN

    assert_each_once(cast, job, done=25)


def test_chunk_whose_hashes_outlast_its_claim_stays_with_its_worker(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty-five hashes of ten seconds each are four claims long; nobody else takes the chunk, and nobody is woken."""
    job = one_chunk(cast)
    others: list[object] = []

    def look(number: int) -> None:
        def try_to_help() -> tuple[Step, int]:
            woken = resume_bulk_jobs(clock.now())
            with within(cast.tenant):
                return run_next_chunk(job.pk, now=clock.now()), woken

        if number > 1:
            others.append(elsewhere(try_to_help))

    made = slow_hashes(monkeypatch, seconds=10, then=look)
    with within(cast.tenant):
        assert run_next_chunk(job.pk, now=clock.now()) is Step.RAN

    assert len(made) == 25 and set(others) == {(Step.NOTHING_FREE, 0)}
    assert_each_once(cast, job, done=25)


def test_worker_that_hung_makes_no_more_hashes_for_a_chunk_that_another_has(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = one_chunk(cast)

    def take_over(_number: int) -> None:
        assert elsewhere(worker(cast, job)) == 1

    made = slow_hashes(monkeypatch, seconds=61, then=take_over)
    with within(cast.tenant):
        assert run_next_chunk(job.pk, now=clock.now()) is Step.RAN

    assert made == [1]
    assert_each_once(cast, job, done=25)


def test_claim_of_one_chunk_goes_to_one_of_many(cast: Cast) -> None:
    job = started(cast, drafted(cast, people=crowd_of(cast)[:41]))
    with within(cast.tenant):
        BulkChunk.objects.filter(job=job, number=1).update(left=0)

    def claim() -> bool:
        with within(cast.tenant):
            return claim_chunk(BulkJob.objects.get(pk=job.pk), now=clock.now()) is not None

    assert sorted(at_once([claim] * 6)) == [False] * 5 + [True]


def test_lost_chunk_is_taken_up_again_after_its_lease(cast: Cast) -> None:
    job = started(cast, drafted(cast, people=crowd_of(cast)[:45]))
    with within(cast.tenant):
        job.refresh_from_db()
        lost = claim_chunk(job, now=clock.now())
        assert lost is not None and len(people_left(lost)) == 25

        worked_off(cast, job)
        assert progress_of(job, now=clock.now()).left == 25
        with clock.travel(timedelta(seconds=61)):
            worked_off(cast, job)

    assert_each_once(cast, job, done=45)


def test_claim_that_was_lost_writes_nothing(cast: Cast) -> None:
    job = started(cast, drafted(cast))
    with within(cast.tenant):
        job.refresh_from_db()
        claim = claim_chunk(job, now=clock.now())
        assert claim is not None
        BulkChunk.objects.filter(pk=claim.chunk_id).update(claim=None)
        with pytest.raises(ClaimLost):
            give_up(claim, "BULK_FAULT", user_ids=list(people_left(claim)), now=clock.now())
        assert adds_up(job) and progress_of(job, now=clock.now()).left == 60
