"""A bulk job under siege: workers killed at random, broker emptied, database restarted; then everything is checked.

``python -m tests.faults.siege --people 2000 --kills 10 --flush --restart`` prints what the checker found.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from adminportal.tryout import processes
from tests.services import postgres
from tests.services.valkey import Valkey

PATIENCE_SECONDS = 600
"""How long a siege may take before it is given up."""
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the checker found."""

    people: int
    outcomes: int
    lost: int
    twice: int
    signed_in: int
    done: int
    adds_up: bool

    @property
    def sentence(self) -> str:
        """Return the line that is printed."""
        passwords = "every shown password signs in"
        if self.signed_in != self.done:
            passwords = f"{self.done - self.signed_in} shown passwords do not sign in"
        totals = "" if self.adds_up else ", totals do not add up"
        return f"{self.outcomes} outcomes, {self.lost} lost, {self.twice} twice, {passwords}{totals}"


def main() -> int:
    """Lay siege; 0 when nothing was lost."""
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=2_000)
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--flush", action="store_true")
    options.add_argument("--restart", action="store_true")
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    wanted = options.parse_args()
    cluster, valkey = postgres.start_cluster(), Valkey()
    try:
        valkey.start()
        _prepare(cluster, valkey)
        with tempfile.TemporaryDirectory(prefix="portal-siege-") as folder:
            failed = _lay_siege(wanted, cluster, valkey, folder=Path(folder))
            if failed:
                print("\n".join(log.read_text(errors="replace")[-2000:] for log in Path(folder).glob("*.log")))
            return failed
    finally:
        valkey.remove()
        cluster.stop()


def _prepare(cluster: postgres.Cluster, valkey: Valkey) -> None:
    """Make the database and load the product."""
    import psycopg

    address = {"host": "127.0.0.1", "port": cluster.port, "user": postgres.USER, "dbname": "postgres"}
    with psycopg.connect(**address, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("CREATE DATABASE portal")
    os.environ |= {
        "PORTAL_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "tests.faults.siege_settings",
        "DATABASE_URL": cluster.url,
        "REDIS_URL": valkey.url,
        "LOG_LEVEL": "WARNING",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _lay_siege(wanted: argparse.Namespace, cluster: postgres.Cluster, valkey: Valkey, *, folder: Path) -> int:
    chance = random.Random(wanted.seed)
    job_id = _start_job(wanted.people)
    workers = [_start_worker(folder, number) for number in range(WORKERS)]
    told = Counter[str]()

    def kill() -> None:
        number = chance.randrange(WORKERS)
        time.sleep(chance.random() * 0.3)
        _kill(workers[number])
        workers[number] = _start_worker(folder, number)
        told["SIGKILL"] += 1

    def flush() -> None:
        valkey.flush()
        told["broker emptied"] += 1

    def restart() -> None:
        cluster.restart()
        told["database restarted"] += 1

    step = wanted.people / (wanted.kills + 1)
    plan = [(int(step * (number + chance.random() * 0.9)), kill) for number in range(wanted.kills)]
    plan += [(int(wanted.people * 0.4), flush)] if wanted.flush else []
    plan += [(int(wanted.people * 0.6), restart)] if wanted.restart else []
    try:
        _watch(job_id, sorted(plan, key=lambda event: event[0]))
    finally:
        for worker in workers:
            _kill(worker)
    verdict = _check(job_id, people=wanted.people)
    print(f"seed {wanted.seed}: {', '.join(f'{number} x {what}' for what, number in told.items())}")
    print(verdict.sentence, flush=True)
    found = (verdict.outcomes, verdict.lost, verdict.twice, verdict.signed_in, verdict.adds_up)
    return 0 if found == (wanted.people, 0, 0, verdict.done, True) else 1


def _start_job(people: int) -> UUID:
    from tests.passwords.bulk_crowd import drafted, make_crowd, started

    cast = make_crowd(people)
    return started(cast, drafted(cast)).pk


def _watch(job_id: UUID, plan: list[tuple[int, Callable[[], None]]]) -> None:
    """Sweep as beat does, and strike whenever the job has come as far as the plan says."""
    from django.db import Error, connections

    from adminportal import clock
    from passwords.models import BulkState
    from passwords.services.bulk_waking import resume_bulk_jobs

    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            resume_bulk_jobs(clock.now())
            state, over = _how_far(job_id)
        except Error:
            connections.close_all()
            continue
        if plan and over >= plan[0][0]:
            plan.pop(0)[1]()
        elif state != BulkState.RUNNING:
            return
        time.sleep(0.05)
    raise TimeoutError("The job did not come to its end.")


def _how_far(job_id: UUID) -> tuple[str, int]:
    from adminportal import clock
    from passwords.models import BulkJob
    from passwords.services.bulk_results import progress_of
    from users.tenancy import across_tenants

    with across_tenants():
        job = BulkJob.objects.select_related("tenant").get(pk=job_id)
        return job.state, progress_of(job, now=clock.now()).over


def _start_worker(folder: Path, number: int) -> subprocess.Popen[bytes]:
    options = ["-n", f"siege{number}@%h", "-Q", "bulk", "-c", "1", "-l", "WARNING"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (folder / f"worker{number}.log").open("ab") as log:
        return processes.start(
            [sys.executable, "-m", "celery", "-A", "adminportal", "worker", *options, *quiet],
            environment={**os.environ, "SIEGE_WORKER": "1", "PYTHONPATH": os.getcwd()},
            output=log,
            death_signal=signal.SIGKILL,
        )


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill a worker and its children as the machine would, with no chance to tidy up."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _check(job_id: UUID, *, people: int) -> Verdict:
    """Look at everything that the job left behind."""
    from django.db.models import Count

    from adminportal import clock
    from adminportal.audit.models import AuditEvent
    from passwords.models import BulkEnd, BulkItem, BulkJob, PasswordReset
    from passwords.services.bulk_results import adds_up, reveal_items
    from users.actors import load_actor
    from users.tenancy import across_tenants, within

    with across_tenants():
        job = BulkJob.objects.select_related("tenant", "starter").get(pk=job_id)
    with within(job.tenant):
        items = BulkItem.objects.filter(job=job)
        outcomes = items.exclude(end=BulkEnd.LEFT).count()
        done = items.filter(end=BulkEnd.DONE)
        resets = PasswordReset.objects.filter(job=job).values("target").annotate(number=Count("pk"))
        told = AuditEvent.objects.filter(activity="Reset user password", details__JobId=str(job.pk))
        rows = told.values("subject_id").annotate(number=Count("pk"))
        twice = resets.filter(number__gt=1).count() + rows.filter(number__gt=1).count()
        silent = done.count() - rows.count() + done.filter(reset=None).count()
        assert job.starter is not None
        actor = load_actor(job.starter, tenant=job.tenant, proven_at=clock.now())
        shown = list(reveal_items(job.pk, actor=actor, item_ids=None, channel="csv", now=clock.now()))
        names = {item.user.user_principal_name: secret.expose() for item, secret in shown if secret}
        totals = adds_up(job)
    return Verdict(
        people=people,
        outcomes=outcomes,
        lost=people - outcomes + abs(silent),
        twice=twice,
        signed_in=sum(_signs_in(name, password) for name, password in names.items()),
        done=len(shown),
        adds_up=totals,
    )


def _signs_in(user_name: str, password: str) -> bool:
    from adminportal import clock
    from adminportal.sealing import Secret
    from users.services.sign_in import Outcome, sign_in

    now = clock.now() + timedelta(seconds=1)
    found = sign_in(user_name=user_name, password=Secret(password), source=str(uuid4()), device_cookie="", now=now)
    return found.outcome is Outcome.RIGHT


if __name__ == "__main__":
    sys.exit(main())
