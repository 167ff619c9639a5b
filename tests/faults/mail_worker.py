"""A real worker of the queue of mails that tests kill, and a mail server that makes it wait."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection

from adminportal.tryout import processes
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey

PATIENCE_SECONDS = 30
"""How long a test waits for another process before it gives up."""


class SlowToAnswer(SmtpSink):
    """Takes a message and only then makes its sender wait for the answer."""

    answer_after = 0.0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the message, wait, answer."""
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(self.answer_after)
        return answer


def start_worker(folder: Path, *, sink: SmtpSink, valkey: Valkey) -> subprocess.Popen[bytes]:
    """Start a worker that writes its log to the folder."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.faults.worker_settings",
        "PYTHONPATH": os.getcwd(),
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@{address}",
        "REDIS_URL": valkey.url,
        "EMAIL_URL": sink.url,
        "LETTER_TEMPLATES": str(folder),
    }
    options = ["-Q", "mail", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (folder / "worker.log").open("ab") as log:
        return processes.start(
            [sys.executable, "-m", "celery", "-A", "adminportal", "worker", *options],
            environment=environment,
            output=log,
            death_signal=signal.SIGKILL,
        )


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill the worker and its children as the machine would, with no chance to tidy up."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_until(condition: Callable[[], bool], *, log: Path) -> None:
    """Wait for what another process does; fail with the end of its log after ``PATIENCE_SECONDS``."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"it did not happen:\n{log.read_text(errors='replace')[-3000:]}", pytrace=False)
        time.sleep(0.05)
