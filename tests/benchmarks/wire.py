"""A child process that does one thing at a time when asked, over lines of JSON on its standard streams."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

GRACE_SECONDS = 10
Operation = Callable[..., object]


class ChildFailed(Exception):
    """An operation of a child process raised; its traceback is the text."""


class Child:
    """A process with the operations of one module of this package."""

    def __init__(self, module: str, *, environment: Mapping[str, str], log: Path) -> None:
        self._name = module
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.child", module],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def ask(self, operation: str, **values: object) -> Any:
        """Run one operation and return its result.

        :raises ChildFailed: when it raised, or the process is gone.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([operation, values]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ChildFailed(f"{self._name} ended while it did {operation}.")
        answer = json.loads(line)
        if "problem" in answer:
            raise ChildFailed(f"{self._name}, {operation}:\n{answer['problem']}")
        return answer["result"]

    def close(self) -> None:
        """Let the process end: it has read everything."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def serve(operations: Mapping[str, Operation]) -> None:
    """Answer until the other side closes; whatever else the process prints goes to its log."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            operation, values = json.loads(line)
            try:
                answer = {"result": operations[operation](**values)}
            except Exception:  # told to the one who asked
                answer = {"problem": traceback.format_exc()}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
