"""Which processes a trial run consists of, and the environment they share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adminportal.tryout import broker, keys, processes

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_PORT = "8000"


class CannotStart(Exception):
    """The trial run is not possible; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process that is kept running."""

    name: str
    command: tuple[str, ...]
    grace_seconds: float = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a trial run needs to know before it starts the first process."""

    folder: Path
    port: int
    url: str
    environment: dict[str, str]
    broker: Service | None
    services: tuple[Service, ...]

    @property
    def prepare(self) -> tuple[str, ...]:
        """Return the command that runs before the services."""
        return (sys.executable, "-m", "adminportal.tryout.prepare")


def make_plan(environment: Mapping[str, str]) -> Plan:
    """Read the environment and lay out the run; makes ``VAR_DIR`` and the key files.

    :raises CannotStart: for a port that is none or is taken, or a folder that cannot be written.
    """
    port = _port(environment.get("PORT") or DEFAULT_PORT)
    folder = Path(environment.get("VAR_DIR") or ROOT / "var").absolute()
    try:
        (folder / "log").mkdir(parents=True, exist_ok=True, mode=0o700)
        files = keys.key_files(folder, environment=environment)
    except OSError as problem:
        raise CannotStart(f"The folder {folder} cannot be written: {problem.strerror}.") from problem
    if processes.is_listening(port):
        raise CannotStart(f"Port {port} is taken. Stop what listens there, or choose another: make run PORT={port + 1}")
    shared = {
        **environment,
        **files,
        "VAR_DIR": str(folder),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "adminportal.settings",
        "PYTHONUNBUFFERED": "1",
    }
    private = _broker(folder, shared) if not environment.get("REDIS_URL") else None
    url = (environment.get("PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/")
    return Plan(
        folder=folder, port=port, url=url, environment=shared, broker=private, services=_services(folder, environment)
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CannotStart(f"PORT={text} is not a port: give a whole number from 1 to 65535.")
    return int(text)


def _broker(folder: Path, shared: dict[str, str]) -> Service:
    port = processes.free_port()
    shared["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
    return Service(name="valkey", command=tuple(broker.command(port=port, folder=folder)), grace_seconds=5)


def _services(folder: Path, environment: Mapping[str, str]) -> tuple[Service, ...]:
    celery = (sys.executable, "-m", "celery", "-A", "adminportal")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    cores = os.cpu_count() or 1
    mail_processes = "2" if cores > 1 else "1"
    # One core is left to the web, as the settings say for any other place.
    bulk_processes = environment.get("BULK_WORKERS") or str(max(1, cores - 1))
    return (
        Service(name="web", command=(sys.executable, "-m", "gunicorn", "-c", "python:adminportal.web_server")),
        Service(
            name="worker",
            command=(*celery, "worker", "-Q", "mail,default", "-c", mail_processes, "-l", "INFO", *quiet),
        ),
        # Processes of their own: neither the hashes of a bulk job nor its mails stand before those of single people.
        Service(
            name="bulk-worker",
            command=(*celery, "worker", "-n", "bulk@%h", "-Q", "bulk", "-c", bulk_processes, "-l", "INFO", *quiet),
        ),
        Service(
            name="bulk-mail-worker",
            command=(*celery, "worker", "-n", "bulk-mail@%h", "-Q", "bulk-mail", "-c", "1", "-l", "INFO", *quiet),
        ),
        Service(
            name="beat", command=(*celery, "beat", "-s", str(folder / "beat-schedule"), "--pidfile=", "-l", "INFO")
        ),
    )
