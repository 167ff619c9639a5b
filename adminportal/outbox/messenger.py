"""Carries wake-ups to the broker behind the back of a web request, which need not wait for what only saves time.

A wake-up that is lost with its process costs a little: the sweep finds the rows.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import SimpleQueue

logger = logging.getLogger(__name__)

Errand = Callable[[], object]

END_SECONDS = 1.0
"""How long a process that ends waits for the errands it has begun."""


@dataclass(slots=True)
class _Messenger:
    """One thread of one process; a process that is forked has one of its own."""

    errands: SimpleQueue[tuple[Context, Errand]] = field(default_factory=SimpleQueue)
    process: int = field(default_factory=os.getpid)

    def __post_init__(self) -> None:
        threading.Thread(target=self._run, name="messenger", daemon=True).start()

    def _run(self) -> None:
        while True:
            context, errand = self.errands.get()
            try:
                context.run(errand)
            except Exception:  # the next errand is another one's
                logger.exception("an errand to the broker broke off")


_is_on = False
_messenger: _Messenger | None = None
_starting = threading.Lock()


def begin() -> None:
    """Let errands of this process, and of those forked from it, be run by a thread; a web server says so."""
    global _is_on
    if not _is_on:
        _is_on = True
        atexit.register(finish)


def send(errand: Errand) -> None:
    """Run an errand soon, in order; at once where no web server has begun, as in workers and commands."""
    if _is_on:
        _of_this_process().errands.put((copy_context(), errand))
    else:
        errand()


def finish(seconds: float = END_SECONDS) -> bool:
    """Wait until everything is run that was sent so far; False where that took too long."""
    if _messenger is None or _messenger.process != os.getpid():
        return True
    done = threading.Event()
    _messenger.errands.put((copy_context(), done.set))
    return done.wait(seconds)


def _of_this_process() -> _Messenger:
    global _messenger
    with _starting:
        if _messenger is None or _messenger.process != os.getpid():
            _messenger = _Messenger()
        return _messenger
