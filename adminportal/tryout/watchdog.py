"""Ends the children where the kernel does not tell them that their starter died (anything but Linux).

A small process reads a pipe whose other end only the starter holds: end of file means that it is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import IO

GRACE_SECONDS = 10


class Watchdog:
    """The starter's end of the pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adminportal.tryout.watchdog"], stdin=subprocess.PIPE, start_new_session=True
        )

    def guard(self, group: int) -> None:
        """Have one process group ended when this process dies."""
        pipe = self._pipe()
        pipe.write(f"{group}\n".encode())
        pipe.flush()

    def close(self) -> None:
        """End the watchdog: everything was stopped in order."""
        self._process.kill()
        self._pipe().close()
        self._process.wait()

    def _pipe(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin


def main() -> None:
    """Collect process groups until the pipe closes, then end them."""
    groups = [int(line) for line in sys.stdin.buffer]
    for number, pause in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, 0)):
        groups = [group for group in groups if _signal(group, number)]
        for _ in range(pause * 10):
            groups = [group for group in groups if _signal(group, 0)]
            if not groups:
                return
            time.sleep(0.1)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
