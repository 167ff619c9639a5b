"""Logs as JSON lines with the correlation id; link tokens are cut out of every line."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from adminportal import clock, correlation

LINK_PATH = re.compile(r"(/(?:reveal|notice)/)[^\s\"'?#\\<>,;)\]/]+")
"""The one secret that lives in an address: ``/reveal/<token>``, or ``/notice/<token>``."""


class PortalFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders records of structlog and of every other library alike, and redacts the finished line."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False, default=str),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        return redact(super().format(record))


def redact(text: str) -> str:
    """Cut the token out of every ``/reveal/<token>`` and ``/notice/<token>`` in ``text``."""
    return LINK_PATH.sub(r"\1[redacted]", text)


def add_time(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Stamp the line with the portal's clock."""
    event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
    return event


def add_correlation(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Name the request or job that the line belongs to."""
    facts = correlation.known()
    if facts is not None:
        event["correlation_id"] = str(facts.correlation_id)
    return event


SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    add_time,
    add_correlation,
]


def configure() -> None:
    """Send structlog's own loggers through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def setting(level: str) -> MutableMapping[str, Any]:
    """Return Django's ``LOGGING``: everything to standard error, nothing twice, nothing of the raw path."""
    configure()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "adminportal.logging.PortalFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would mail and print beside ours.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # At DEBUG these two print values: parameters of queries, and the whole context of a page or mail.
            "django.db.backends": {"level": "WARNING"},
            "django.template": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
