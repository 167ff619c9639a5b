"""``make lint``: every static check, each told apart; ``make test`` runs the same ones as tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

TOOLS: dict[str, tuple[str, ...]] = {
    "ruff": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "mypy": ("mypy",),
    "imports": ("lint-imports", "--no-cache"),
    "djlint": ("djlint", "templates", "--lint", "--quiet"),
}
"""Name and command of each check; the programs are those of the virtual environment."""


def check(name: str) -> subprocess.CompletedProcess[str]:
    """Run one check with the environment of a test, which mypy's Django plugin needs."""
    program, *arguments = TOOLS[name]
    environment = {**os.environ, "PORTAL_ENV": "test", "DATABASE_URL": "sqlite:///:memory:", "NO_COLOR": "1"}
    return subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def main() -> int:
    """Run all; 1 when any of them finds something."""
    failed = []
    for name in TOOLS:
        done = check(name)
        print(f"{name}: {'found something' if done.returncode else 'ok'}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
