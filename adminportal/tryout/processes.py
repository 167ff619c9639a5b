"""Child processes that never outlive the process that started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
"""Option of prctl(2): the signal that the kernel sends when the parent thread dies."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: IO[bytes] | int | None = None,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child that gets ``death_signal`` from the kernel (Linux) when this thread dies.

    It leads a process group of its own: Ctrl-C at the terminal reaches the starter alone, which ends the
    children in order. Must be called from a thread that lives as long as the process, the main one.
    """
    parent = os.getpid()

    def bind_to_parent() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

    # The groups of root would stay with the other user if they were not dropped.
    as_user: dict[str, Any] = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
    return subprocess.Popen(
        [str(part) for part in command],
        env=dict(environment) if environment is not None else None,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=bind_to_parent,  # noqa: PLW1509  # only async-signal-safe work between fork and exec
        **as_user,
    )


def die_with_parent() -> None:
    """Have this process told (SIGTERM) when the one that started it is killed; Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def stop(child: subprocess.Popen[bytes], *, grace_seconds: float, first: signal.Signals = signal.SIGTERM) -> None:
    """Ask the whole process group of ``child`` to end, and kill what is left after the grace."""
    _signal_group(child, first)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=grace_seconds)
    _signal_group(child, signal.SIGKILL)
    child.wait()


def free_port() -> int:
    """Return a port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Say whether something accepts connections on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid
