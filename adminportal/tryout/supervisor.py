"""Keeps the processes of a trial run alive, and ends every one of them."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from adminportal.tryout import processes, watchdog
from adminportal.tryout.plan import ROOT, Plan, Service

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A service that lived so long is restarted after the first pause again."""
LOG_BYTES = 10_000_000
"""A log that is longer at the start is put aside as ``<name>.log.1``."""


@dataclass(slots=True)
class Running:
    """A started service."""

    service: Service
    child: subprocess.Popen[bytes]
    since: float
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None


class Supervisor:
    """Starts services in order, restarts those that die, stops them in the opposite order."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._running: list[Running] = []
        self._watchdog = watchdog.Watchdog() if sys.platform != "linux" else None

    def start(self, service: Service) -> Running:
        """Start one service; its output goes to ``VAR_DIR/log/<name>.log``."""
        started = Running(service=service, child=self._spawn(service), since=time.monotonic())
        self._running.append(started)
        return started

    def tend(self) -> None:
        """Look once after every service: restart what died and has waited long enough."""
        moment = time.monotonic()
        for running in self._running:
            if running.child.poll() is None:
                continue
            if running.restart_at is None:
                self._plan_restart(running, moment=moment)
            elif moment >= running.restart_at:
                running.child, running.since, running.restart_at = self._spawn(running.service), moment, None

    def stop(self) -> None:
        """End every process that was started, last one first."""
        for running in reversed(self._running):
            processes.stop(running.child, grace_seconds=running.service.grace_seconds)
            self._pid_file(running.service).unlink(missing_ok=True)
        self._running.clear()
        if self._watchdog is not None:
            self._watchdog.close()

    def log(self, service: Service) -> Path:
        """Return where the output of ``service`` goes."""
        return self._plan.folder / "log" / f"{service.name}.log"

    def _plan_restart(self, running: Running, *, moment: float) -> None:
        if moment - running.since > STEADY_SECONDS:
            running.pause_seconds = FIRST_PAUSE_SECONDS
        running.restart_at = moment + running.pause_seconds
        print(
            f"{running.service.name} ended with code {running.child.returncode}; "
            f"it is started again in {running.pause_seconds:.0f} s. Its log: {self.log(running.service)}",
            flush=True,
        )
        running.pause_seconds = min(running.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        path = self.log(service)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as output:
            child = processes.start(service.command, environment=self._plan.environment, folder=ROOT, output=output)
        self._pid_file(service).write_text(f"{child.pid}\n")
        if self._watchdog is not None:
            self._watchdog.guard(child.pid)
        return child

    def _pid_file(self, service: Service) -> Path:
        return self._plan.folder / f"{service.name}.pid"
