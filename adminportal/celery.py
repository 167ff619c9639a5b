"""Celery application: the broker carries row ids only and merely wakes a worker."""

from __future__ import annotations

import gc
import os

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_process_init
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminportal.settings")

app = Celery("adminportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect  # type: ignore[untyped-decorator]  # Celery's signals have no types
def leave_modules_alone(**_facts: object) -> None:
    """Take what a worker has loaded out of the collector's rounds: it lives as long as the process."""
    gc.collect()
    gc.freeze()


@task_prerun.connect  # type: ignore[untyped-decorator]
@task_postrun.connect  # type: ignore[untyped-decorator]
def renew_connections(sender: Task, **_facts: object) -> None:
    """Drop a connection that has broken or is too old, as between two requests, and keep one that works."""
    if not sender.request.is_eager:
        close_old_connections()
