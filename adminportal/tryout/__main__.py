"""``make run``: the whole portal for trying out, in the foreground."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from types import FrameType
from typing import IO

from adminportal.tryout import processes
from adminportal.tryout.plan import ROOT, CannotStart, Plan, make_plan
from adminportal.tryout.sheet import sign_in_sheet
from adminportal.tryout.supervisor import Supervisor

UP_SECONDS = 60
TAIL_CHARACTERS = 3_000
_ended = threading.Event()


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C or SIGTERM; leaves no process behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if "--with-parent" in arguments:
        processes.die_with_parent()
    os.umask(0o077)  # database, logs and key files are for their owner alone
    try:
        plan = make_plan(os.environ)
        with _only_one(plan):
            return _run(plan)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1


def _run(plan: Plan) -> int:
    supervisor = Supervisor(plan)
    try:
        if plan.broker is not None:
            supervisor.start(plan.broker)
        _prepare(plan)
        started = [supervisor.start(service) for service in plan.services if not _ended.is_set()]
        if started:
            web = started[0]
            _wait_until_up(plan, child=web.child, log=str(supervisor.log(web.service)))
        if not _ended.is_set():
            print(sign_in_sheet(plan.folder / "demo.json", url=plan.url), flush=True)
        while not _ended.wait(0.5):
            supervisor.tend()
    finally:
        supervisor.stop()
    print("Stopped.", flush=True)
    return 0


def _only_one(plan: Plan) -> IO[str]:
    """Hold the folder: two runs would work on one database with two brokers."""
    lock = (plan.folder / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise CannotStart(f"Another run uses {plan.folder}. Stop it, or choose another folder: VAR_DIR=…") from None
    return lock


def _prepare(plan: Plan) -> None:
    print("Preparing files, database and demo tenants …", flush=True)
    path = plan.folder / "log" / "prepare.log"
    with path.open("wb") as output:
        child = processes.start(plan.prepare, environment=plan.environment, folder=ROOT, output=output)
    while child.poll() is None:
        if _ended.wait(0.05):
            processes.stop(child, grace_seconds=5)
            return
    if child.returncode:
        tail = path.read_text(errors="replace")[-TAIL_CHARACTERS:]
        raise CannotStart(f"{tail}\nThe portal could not be prepared; the whole log is {path}")


def _wait_until_up(plan: Plan, *, child: subprocess.Popen[bytes], log: str) -> None:
    for _ in range(UP_SECONDS * 10):
        if child.poll() is not None:
            raise CannotStart(f"The web server ended with code {child.returncode}; its log is {log}")
        if _ended.wait(0.1) or _answers(plan.port):
            return
    raise CannotStart(f"The web server did not answer within {UP_SECONDS} s; its log is {log}")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end(number: int, frame: FrameType | None) -> None:
    _ended.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
