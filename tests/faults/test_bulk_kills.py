"""A bulk worker that dies, stumbles or stands still at a named point: each person has one password, and each is told.

What is committed when it is struck is looked at first; then somebody else goes on, and everything is looked at again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.tryout import processes
from passwords.models import BulkEnd, BulkItem, BulkJob, BulkState, PasswordReset
from passwords.reveal import unseal_password
from passwords.services.bulk_results import adds_up
from passwords.services.bulk_waking import resume_bulk_jobs
from tests.cast import PASSWORD, Cast
from tests.concurrency.crowd import at_once, wait_until_blocked
from tests.contracts.matrix import give
from tests.faults.strike import ALL_CHUNKS, POINTS, How, Point
from tests.passwords.bulk_crowd import drafted, ends_of, make_crowd, started
from users.models import User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = [pytest.mark.full, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PEOPLE, CHUNK = 60, 25
REFUSED = "p3"
AFTER_THE_CLAIM = timedelta(seconds=61)
PATIENCE_SECONDS = 60
FREE = [name for name, point in POINTS.items() if not point.holds_locks]
LOCKED = [name for name, point in POINTS.items() if point.holds_locks]


@pytest.fixture
def cast() -> Cast:
    made = make_crowd(PEOPLE)
    with within(made.tenant):
        User.objects.filter(pk=made["helpdesk"].pk).update(mail="helpdesk@contoso.example")
    return made


@pytest.fixture
def job(cast: Cast) -> BulkJob:
    """Start a job for three chunks, of whose people one is refused as she becomes an administrator just now."""
    begun = started(cast, drafted(cast))
    with within(cast.tenant):
        give(cast, cast[REFUSED], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
    return begun


def start(name: str, how: How, job: BulkJob, *, folder: Path) -> subprocess.Popen[bytes]:
    """Start a worker that will be struck."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{address}"
    facts = [str(job.pk), str(job.tenant_id), str(job.wave)]
    with (folder / "worker.log").open("wb") as log:
        return processes.start(
            [sys.executable, "-m", "tests.faults.strike", name, how, *facts],
            environment=os.environ | {"PYTHONPATH": os.getcwd(), "DATABASE_URL": url},
            output=log,
            death_signal=signal.SIGKILL,
        )


@contextmanager
def frozen(name: str, job: BulkJob, *, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have a worker stand still at a point inside the block, and let it come to its end after it."""
    worker = start(name, How.FREEZE, job, folder=folder)
    found = os.waitid(os.P_PID, worker.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert found is not None and found.si_code == os.CLD_STOPPED, told_by(folder)
    try:
        yield worker
    finally:
        os.killpg(worker.pid, signal.SIGCONT)
        ended = worker.wait(timeout=PATIENCE_SECONDS)
    assert ended == 0, told_by(folder)


def told_by(folder: Path) -> str:
    """Return the end of what a worker said."""
    return (folder / "worker.log").read_text(errors="replace")[-3000:]


def go_on() -> int:
    """Take up what was left, as beat does once the claims of the dead are over."""
    with clock.travel(AFTER_THE_CLAIM):
        return resume_bulk_jobs(clock.now())


def look(cast: Cast, job: BulkJob, *, done: int, refused: bool) -> None:
    """Check that so many people have a new password, each one, told of once, and all others their old one."""
    ends = Counter(end for end, _code in ends_of(cast, job).values())
    assert (ends[BulkEnd.DONE], ends[BulkEnd.REFUSED], ends[BulkEnd.FAILED]) == (done, int(refused), 0)
    with within(cast.tenant):
        assert adds_up(BulkJob.objects.get(pk=job.pk))
        resets = {reset.target_id: reset for reset in PasswordReset.objects.filter(job=job)}
        assert set(resets) == set(BulkItem.objects.filter(job=job, end=BulkEnd.DONE).values_list("user", flat=True))
        assert PasswordReset.objects.filter(job=job).count() == done
        for user in User.objects.filter(upn_folded__startswith="p"):
            reset = resets.get(user.pk)
            assert user.check_password(unseal_password(reset).expose() if reset else PASSWORD)
    told = Counter(AuditEvent.objects.filter(activity="Reset user password").values_list("subject_id", flat=True))
    mailed = Counter(
        OutboundMessage.objects.filter(template="password_was_reset").values_list("about_user_id", flat=True)
    )
    assert set(told) == set(mailed) == set(resets) and {*told.values(), *mailed.values()} <= {1}


def look_at_the_end(cast: Cast, job: BulkJob) -> None:
    """Check that everybody came to the end that was due, and that the job is over and told of once."""
    look(cast, job, done=PEOPLE - 1, refused=True)
    with within(cast.tenant):
        job.refresh_from_db()
    assert job.state == BulkState.FINISHED
    assert ends_of(cast, job)[REFUSED] == ("refused", "RESET_TARGET_ROLE")
    assert AuditEvent.objects.filter(activity="Finished bulk reset").count() == 1
    assert OutboundMessage.objects.filter(template="bulk_finished").count() == 1


def done_by(point: Point) -> int:
    """Return how many people have a new password when a worker comes to a point."""
    return PEOPLE - 1 if point.chunks == ALL_CHUNKS else point.chunks * (CHUNK - 1)


@pytest.mark.parametrize("name", POINTS)
def test_killed_worker_leaves_all_or_nothing_of_its_chunk(cast: Cast, job: BulkJob, tmp_path: Path, name: str) -> None:
    worker = start(name, How.KILL, job, folder=tmp_path)
    assert worker.wait(timeout=PATIENCE_SECONDS) == -signal.SIGKILL, told_by(tmp_path)

    point = POINTS[name]
    look(cast, job, done=done_by(point), refused=point.is_refused)
    go_on()
    look_at_the_end(cast, job)


@pytest.mark.parametrize("name", POINTS)
def test_worker_that_stumbles_costs_nobody_a_password(cast: Cast, job: BulkJob, tmp_path: Path, name: str) -> None:
    worker = start(name, How.FAULT, job, folder=tmp_path)
    worker.wait(timeout=PATIENCE_SECONDS)
    assert "struck" in told_by(tmp_path)

    go_on()
    look_at_the_end(cast, job)


@pytest.mark.parametrize("name", FREE)
def test_worker_that_stands_still_finds_its_chunk_done_by_another(
    cast: Cast, job: BulkJob, tmp_path: Path, name: str
) -> None:
    with frozen(name, job, folder=tmp_path):
        go_on()
        look_at_the_end(cast, job)

    look_at_the_end(cast, job)


@pytest.mark.parametrize("name", LOCKED)
def test_worker_that_stands_still_under_locks_is_waited_for(
    cast: Cast, job: BulkJob, tmp_path: Path, name: str
) -> None:
    with ThreadPoolExecutor(1) as other:
        with frozen(name, job, folder=tmp_path):
            going = other.submit(partial(at_once, [go_on]))
            wait_until_blocked(1)
        going.result(timeout=PATIENCE_SECONDS)

    look_at_the_end(cast, job)
