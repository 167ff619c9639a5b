"""Settings of gunicorn: ``gunicorn -c python:adminportal.web_server``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from adminportal import logging
from adminportal.settings import env

wsgi_app = "adminportal.wsgi:application"
bind = env.text("BIND", f"127.0.0.1:{env.integer('PORT', 8000, low=1, high=65535)}")
workers = env.integer("WEB_PROCESSES", 1, low=1, high=256)
threads = env.integer("WEB_THREADS", 16, low=2, high=512)
worker_class = "gthread"  # hashing frees the interpreter
timeout = 60
graceful_timeout = 10
keepalive = 5
limit_request_fields = 64
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # heartbeat files, not data
accesslog = None  # the portal writes its own line, without path and query
control_socket_disable = True  # it would lie in the home folder, outside of VAR_DIR
forwarded_allow_ips = ""  # whom to believe is TRUSTED_PROXIES, not a list of gunicorn
logconfig_dict: dict[str, Any] = {
    **logging.setting(env.text("LOG_LEVEL", "INFO")),
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}
_FIGURES = Path(env.text("VAR_DIR", "var")) / "metrics"
if workers > 1:
    # Each process counts for itself; the files let any of them answer for all.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_FIGURES))


def on_starting(server: object) -> None:
    """Forget the figures of the last run."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(parents=True, exist_ok=True)


def post_worker_init(worker: object) -> None:
    """Let requests leave what they have for the broker to a thread."""
    from adminportal.outbox import messenger

    messenger.begin()


def child_exit(server: object, worker: Any) -> None:
    """Take the figures of a process that ended out of the sums of what is now."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
