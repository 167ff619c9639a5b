"""``make test``: a part of the suite on SQLite, then all of it on PostgreSQL, whose closing line comes last."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQLITE_FOLDERS = ("users", "passwords", "sspr", "adminportal", "faults")
"""Folders of tests whose answers could differ between the databases; the others would only repeat themselves."""
SQLITE_PART = "django_db and not (full or browser or postgres or valkey or lint)"
"""Without a database there is nothing to differ: such tests run in the second part only."""

SQLITE_CASES = {"TEST_CASES": "ends"}
"""In ``make test`` the first and the last case of each test; PostgreSQL is shown all of them right after."""


def main(arguments: list[str]) -> int:
    """Run both parts; the second one even when the first failed, so that one run tells everything."""
    reader = argparse.ArgumentParser(prog="python -m tests.suite", description=__doc__)
    reader.add_argument("--full", action="store_true", help="the long tests as well")
    reader.add_argument("--workers", type=int, default=3, help="processes of pytest-xdist")
    options = reader.parse_args(arguments)
    # In small portions: with large ones a single worker is left with all pages of the browser at the end.
    workers = ["-n", str(options.workers), "--maxschedchunk", "8"] if options.workers > 1 else []

    folders = [f"tests/{name}" for name in SQLITE_FOLDERS if (ROOT / "tests" / name).is_dir()]
    print("Part 1 of 2: on SQLite", flush=True)
    cases = {} if options.full else SQLITE_CASES
    on_sqlite = _pytest(["-m", SQLITE_PART, *workers, *folders], database="sqlite", **cases)
    print("Part 2 of 2: on PostgreSQL", flush=True)
    on_postgresql = _pytest([*([] if options.full else ["-m", "not full"]), *workers], database="postgresql")
    return on_sqlite or on_postgresql


def _pytest(arguments: list[str], *, database: str, **more: str) -> int:
    environment = {**os.environ, "TEST_DATABASE": database, **more}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments], cwd=ROOT, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
