"""A bulk worker that is struck at a named point: ``python -m tests.faults.strike POINT HOW JOB TENANT WAVE``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from itertools import count
from typing import Any, Final


class How(StrEnum):
    """What happens to the worker."""

    KILL = "kill"
    FREEZE = "freeze"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Just before (or after) one call of a function, by the name that its caller knows.

    ``chunks`` and ``is_refused`` tell what is committed by then: chunks whose people are changed, and whether the
    person of the first one who is to be refused has been.
    """

    place: str
    call: int = 1
    is_after: bool = False
    chunks: int = 0
    is_refused: bool = False
    holds_locks: bool = False


RUN, RESET = "passwords.services.bulk_run", "passwords.services.reset"
ALL_CHUNKS: Final = 3
POINTS: Final[dict[str, Point]] = {
    "before a chunk is claimed": Point(place=f"{RUN}.claim_chunk"),
    "after it is claimed": Point(place=f"{RUN}.claim_chunk", is_after=True),
    "after its people are read": Point(place=f"{RUN}.people_left", is_after=True),
    "before the first hash": Point(place="passwords.services.issue.make_password"),
    "between two hashes": Point(place="passwords.services.issue.make_password", call=13),
    "after the last hash": Point(place=f"{RESET}._commit"),
    "under the locks of the people": Point(place=f"{RESET}.write", holds_locks=True),
    "after the people are written": Point(place=f"{RESET}.write", is_after=True, holds_locks=True),
    "inside the commit": Point(place=f"{RUN}.settle", is_after=True, holds_locks=True),
    "after the commit": Point(place=f"{RESET}._commit", is_after=True, chunks=1),
    "inside the commit of refusals": Point(place=f"{RUN}.settle", call=2, is_after=True, chunks=1, holds_locks=True),
    "between two chunks": Point(place="passwords.tasks.run_next_chunk", is_after=True, chunks=1, is_refused=True),
    "before the job is finished": Point(place=f"{RUN}._finish", chunks=ALL_CHUNKS, is_refused=True),
    "inside the commit of the finish": Point(
        place=f"{RUN}.record_over", is_after=True, chunks=ALL_CHUNKS, is_refused=True, holds_locks=True
    ),
    "after the job is finished": Point(place=f"{RUN}._finish", is_after=True, chunks=ALL_CHUNKS, is_refused=True),
}


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _freeze() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _fault() -> None:
    raise RuntimeError("struck")


STRIKES: Final[dict[How, Callable[[], None]]] = {How.KILL: _kill, How.FREEZE: _freeze, How.FAULT: _fault}


def arm(point: Point, strike: Callable[[], None]) -> None:
    """Have ``strike`` happen at the point, once."""
    module, _, name = point.place.rpartition(".")
    home = import_module(module)
    original = getattr(home, name)
    calls = count(1)

    def struck(*arguments: Any, **options: Any) -> Any:
        is_it = next(calls) == point.call
        if is_it and not point.is_after:
            strike()
        answer = original(*arguments, **options)
        if is_it and point.is_after:
            strike()
        return answer

    setattr(home, name, struck)


def main() -> None:
    """Run the task of a bulk job as a worker does."""
    name, how, job_id, tenant_id, wave = sys.argv[1:]
    import django

    django.setup()
    from passwords.tasks import run_bulk

    arm(POINTS[name], STRIKES[How(how)])
    run_bulk(job_id=job_id, tenant_id=tenant_id, wave=int(wave))


if __name__ == "__main__":
    main()
