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
from pathlib import Path
from uuid import UUID

from adminportal.tryout import processes
from tests.services import postgres
from tests.services.valkey import Valkey

PATIENCE_SECONDS = 1_200
"""How long a siege may take before it is given up."""
WORKERS = 2
CHUNK_SECONDS = 1.5
"""About the time that a worker holds a chunk: kills are spread over it, so that they come at any moment of it."""

Strike = tuple[int, Callable[[], None]]
"""How many people must be over for it, and what then happens."""


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
    from tests.faults.siege_check import check

    job_id = _start_job(wanted.people)
    workers = [_start_worker(folder, number) for number in range(WORKERS)]
    told = Counter[str]()
    plan = _plan(wanted, cluster, valkey, workers, told, folder=folder)
    try:
        _watch(job_id, plan)
    finally:
        for worker in workers:
            _kill(worker)
    verdict = check(job_id, people=wanted.people)
    print(f"seed {wanted.seed}: {', '.join(f'{number} x {what}' for what, number in told.items())}")
    print(verdict.sentence, flush=True)
    if plan:
        print(f"The job was over before {len(plan)} more strikes.", flush=True)
    return 0 if verdict.is_held and not plan else 1


def _plan(
    wanted: argparse.Namespace,
    cluster: postgres.Cluster,
    valkey: Valkey,
    workers: list[subprocess.Popen[bytes]],
    told: Counter[str],
    *,
    folder: Path,
) -> list[Strike]:
    """Return when to strike and how; the last strikes leave work to be done, for they shall hit a running job."""
    from passwords.services.bulk_selection import CHUNK_SIZE

    chance = random.Random(wanted.seed)

    def kill() -> None:
        number = chance.randrange(WORKERS)
        time.sleep(chance.random() * CHUNK_SECONDS)
        _kill(workers[number])
        workers[number] = _start_worker(folder, number)
        told["SIGKILL"] += 1

    def flush() -> None:
        valkey.flush()
        told["broker emptied"] += 1

    def restart() -> None:
        cluster.restart()
        told["database restarted"] += 1

    reach = max(wanted.people - 4 * CHUNK_SIZE, wanted.people // 4)
    step = reach / max(wanted.kills, 1)
    plan = [(int(step * (number + chance.random() * 0.9)), kill) for number in range(wanted.kills)]
    plan += [(int(reach * 0.4), flush)] if wanted.flush else []
    plan += [(int(reach * 0.6), restart)] if wanted.restart else []
    return sorted(plan, key=lambda strike: strike[0])


def _start_job(people: int) -> UUID:
    from tests.passwords.bulk_crowd import drafted, make_crowd, started

    cast = make_crowd(people)
    return started(cast, drafted(cast)).pk


def _watch(job_id: UUID, plan: list[Strike]) -> None:
    """Sweep as beat does, and strike whenever the job has come as far as the plan says; leaves what came too late."""
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
        if state != BulkState.RUNNING:
            return
        if plan and over >= plan[0][0]:
            plan.pop(0)[1]()
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


if __name__ == "__main__":
    sys.exit(main())
