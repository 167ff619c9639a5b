"""A private Valkey that keeps nothing and can be stopped, started and emptied in a test."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from adminportal.tryout import processes
from adminportal.tryout.broker import command

START_SECONDS = 10


@dataclass(slots=True)
class Valkey:
    """One server on loopback; the port stays the same over stop and start."""

    port: int = field(default_factory=processes.free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="portal-valkey-")))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address as ``REDIS_URL`` takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = processes.start(command(port=self.port, folder=self.folder), folder=self.folder, output=log)
        client = self.client()
        for _ in range(START_SECONDS * 50):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                client.close()
                return
        raise RuntimeError((self.folder / "log").read_text(errors="replace"))

    def stop(self) -> None:
        """End the server at once; what it held is lost."""
        if self.process is not None:
            processes.stop(self.process, grace_seconds=5)
            self.process = None

    def flush(self) -> None:
        """Forget everything that the server holds."""
        client = self.client()
        client.flushall()
        client.close()

    def client(self) -> redis.Redis[Any]:
        """Return a client; close it after use."""
        return redis.Redis.from_url(self.url)

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
