"""Finds Chromium, or installs it where that is allowed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Arguments for Playwright's ``launch(executable_path=…, args=[*FLAGS])``: nothing leaves the machine."""


class ChromiumMissing(Exception):
    """No browser, and none could be installed; the message says how to get one."""


def find_or_install() -> Path:
    """Return the path of a Chromium; ``CHROMIUM_PATH`` wins.

    :raises ChromiumMissing: when there is none and this user may not install one.
    """
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = find()
    if found is None:
        raise ChromiumMissing(
            "Browser tests need Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM_PATH."
        )
    return found


def find() -> Path | None:
    """Return the path of an installed browser, if there is one."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not Path(named).exists():
            raise ChromiumMissing(f"CHROMIUM_PATH={named} does not exist.")
        return Path(named)
    hits = [hit for name in NAMES if (hit := shutil.which(name))]
    if hits:
        return Path(hits[0])
    return MAC if MAC.exists() else None


def _install() -> None:
    lock = Path(tempfile.gettempdir()) / f"portal-chromium-{os.getuid()}.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # two workers of pytest-xdist must not run apt side by side
        if find() is not None:
            return
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(["apt-get", *step], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ChromiumMissing(f"apt-get {step[0]} failed, so there is no Chromium:\n{done.stderr[-2000:]}")
