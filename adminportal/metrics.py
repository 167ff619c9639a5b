"""Figures for operators, in the format of Prometheus; no label ever names a person."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.registry import REGISTRY

from adminportal.hashing import guard

if TYPE_CHECKING:
    from adminportal.audit.sink_state import SinkState

REQUESTS = Counter("portal_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("portal_request_seconds", "Time to answer a request.", ["route"])
HASHES = Gauge("portal_password_hashes", "Password hashes made since the start.", multiprocess_mode="livesum")
HASHES_IN_FLIGHT = Gauge("portal_password_hashes_in_flight", "Password hashes at once.", multiprocess_mode="livesum")
HASHES_REFUSED = Gauge("portal_password_hashes_refused", "Hashes refused as busy.", multiprocess_mode="livesum")
AUDIT_UNSENT = Gauge(
    "portal_audit_oldest_unsent_seconds", "Age of the oldest audit row not sent on.", multiprocess_mode="mostrecent"
)
AUDIT_GAPS = Gauge("portal_audit_sink_gaps", "Breaks of the chain told to the sink.", multiprocess_mode="mostrecent")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that become a label; any other is counted as OTHER, so that a stranger cannot make labels."""


def observe_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(method=method if method in METHODS else "OTHER", route=route, status=str(status)).inc()
    SECONDS.labels(route=route).observe(seconds)
    load = guard.load()
    HASHES.set(load.made)
    HASHES_IN_FLIGHT.set(load.in_flight)
    HASHES_REFUSED.set(load.refused)


def observe_audit_sink(state: SinkState) -> None:
    """Note how far the second home of the audit log is behind; zero where there is none."""
    AUDIT_UNSENT.set(state.oldest_unsent_seconds)
    AUDIT_GAPS.set(state.gaps)


def exposition() -> bytes:
    """Return all figures: of every web process where gunicorn keeps them together, else of this one."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
