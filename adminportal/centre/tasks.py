"""What beat asks for: everything that features registered to run by itself."""

from __future__ import annotations

import logging

from celery import shared_task

from adminportal import clock
from adminportal.outbox.registry import list_sweepers

logger = logging.getLogger(__name__)


@shared_task(name="adminportal.centre.tasks.sweep", expires=15)
def sweep() -> dict[str, int]:
    """Run every sweeper once; one that fails does not stop the others. Returns the work done by name."""
    return run_sweepers()[0]


def run_sweepers() -> tuple[dict[str, int], list[str]]:
    """Run every sweeper once and return the work done by name, and the names of those that failed."""
    done: dict[str, int] = {}
    failed: list[str] = []
    for name, sweeper in list_sweepers().items():
        try:
            done[name] = sweeper(clock.now())
        except Exception:
            logger.exception("the sweeper %s failed", name)
            failed.append(name)
    return done, failed
