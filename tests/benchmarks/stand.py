"""The real parts under the benchmark: PostgreSQL, Valkey, SMTP sink, worker, and the processes that are timed."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
import psycopg
from aiosmtpd.smtp import SMTP, Envelope, Session

from adminportal.tryout import processes
from tests.benchmarks.wire import Child
from tests.services import postgres
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
OWN_NAMES = ("BULK_WORKERS", "HASH_MEMORY_KIB", "HASH_PARALLELISM", "HASH_SLOTS", "HASH_TIME", "PUBLIC_URL", "SMS_URL")
"""Environment of a developer that must not leak into the figures."""
PATIENCE_SECONDS = 60
CORES = os.cpu_count() or 1
WORKER = ("celery", "-A", "adminportal", "worker", "-l", "INFO")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


class ClockedSink(SmtpSink):
    """Notes by the machine's clock when the first mail to each address was accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: dict[str, float] = {}
        self._changed = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # the name is aiosmtpd's
        """Take the message and note the moment."""
        answer = await super().handle_DATA(server, session, envelope)
        moment = time.perf_counter()
        with self._changed:
            for address in envelope.rcpt_tos:
                self.arrivals.setdefault(address, moment)
            self._changed.notify_all()
        return answer

    def arrival_of(self, address: str) -> float:
        """Wait for a mail to an address and return when it came.

        :raises TimeoutError: when it did not come.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: address in self.arrivals, timeout=PATIENCE_SECONDS):
                raise TimeoutError(f"No mail came to {address} within {PATIENCE_SECONDS} s.")
            return self.arrivals[address]


@dataclass(slots=True)
class Stand:
    """Everything that runs; use it in a ``with`` block."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="portal-bench-")))
    sink: ClockedSink = field(default_factory=ClockedSink)
    _parts: ExitStack = field(default_factory=ExitStack)
    _environment: dict[str, str] = field(default_factory=dict)
    _cluster: postgres.Cluster | None = None

    def __enter__(self) -> Self:
        self._parts.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self._start()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, *_problem: object) -> None:
        self._parts.close()

    def child(
        self, module: str, *, database: str, settings: str = "adminportal.settings", is_new: bool = True
    ) -> Child:
        """Start a process of the benchmark with a database of its own, or beside another one with the same."""
        assert self._cluster is not None
        if is_new:
            self._create(database)
        own = {"DATABASE_URL": self._address(database), "DJANGO_SETTINGS_MODULE": settings}
        environment = self._environment | own
        child = Child(module, environment=environment, log=self.folder / f"{module}-{database}.log")
        self._parts.callback(child.close)
        return child

    def _create(self, database: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')

    def start_worker(self, *, database: str) -> None:
        """Start the worker of mails as a trial run and the compose file do."""
        self._start_celery("worker", ("-Q", "mail,default", "-c", "2"), database=database)

    def start_bulk_worker(self, *, database: str) -> psutil.Process:
        """Start the worker of bulk jobs with a process for each core."""
        process = self._start_celery("bulk-worker", ("-Q", "bulk", "-c", str(CORES)), database=database)
        return psutil.Process(process.pid)

    def _start_celery(self, name: str, queues: tuple[str, ...], *, database: str) -> subprocess.Popen[bytes]:
        environment = self._environment | {"DATABASE_URL": self._address(database)}
        command = [sys.executable, "-m", *WORKER, "-n", f"{name}@%h", *queues, *QUIET]
        with (self.folder / f"{name}.log").open("wb") as log:
            worker = processes.start(command, environment=environment, folder=ROOT, output=log)
        self._parts.callback(processes.stop, worker, grace_seconds=10)
        return worker

    def logs(self) -> str:
        """Return the ends of all logs, for when something fails."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in files)

    def _start(self) -> None:
        self._cluster = postgres.start_cluster()
        self._parts.callback(self._cluster.stop)
        valkey = Valkey()
        self._parts.callback(valkey.remove)
        valkey.start()
        self.sink.start()
        self._parts.callback(self.sink.stop)
        kept = {name: value for name, value in os.environ.items() if name not in OWN_NAMES}
        self._environment = kept | {
            # Not "test", which has a hasher that costs nothing.
            "PORTAL_ENV": "demo",
            "DJANGO_SETTINGS_MODULE": "adminportal.settings",
            "PYTHONPATH": str(ROOT),
            "VAR_DIR": str(self.folder),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SEALING_KEYS": secrets.token_urlsafe(48),
            "REDIS_URL": valkey.url,
            "EMAIL_URL": self.sink.url,
            "LOG_LEVEL": "INFO",
            "BULK_WORKERS": str(CORES),
        }
        self._make_files()

    def _make_files(self) -> None:
        with (self.folder / "files.log").open("wb") as log:
            made = processes.start(
                [sys.executable, "-m", "adminportal.tryout.files"],
                environment=self._environment,
                folder=ROOT,
                output=log,
            )
        if made.wait() != 0:
            raise RuntimeError(self.logs())

    def _address(self, database: str) -> str:
        assert self._cluster is not None
        return f"postgresql://{postgres.USER}@127.0.0.1:{self._cluster.port}/{database}"
