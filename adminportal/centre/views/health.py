"""Is it alive, is it ready, how much does it do; and what browsers report against the content policy."""

from __future__ import annotations

import ipaddress
import json
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock, correlation, metrics
from adminportal.audit.sink_state import sink_state
from adminportal.centre.readiness import readiness
from adminportal.hashing import build_kind
from adminportal.middleware.bodies import own_body
from users.access import public

log = structlog.stdlib.get_logger(__name__)

REPORT_BYTES = 8_192
"""Longest report of a browser that is read, in bytes."""


@public
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing else, so a lost database does not restart it."""
    return JsonResponse({"status": "ok"})


@public
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether requests can be served: 200, or 503 while database or migrations are not there.

    Without a broker the portal still serves and mails wait for the sweep: that is degraded, not down. So is an audit
    log whose second home is behind. Asked of database and broker at most once in three seconds a process.
    """
    found = readiness(now=clock.now())
    is_down = found.status == "down"
    state = {"status": found.status, "database": found.database, "broker": found.broker}
    state |= {"audit_sink": found.audit_sink, "hashing": build_kind().value}
    response = JsonResponse(state, status=503 if is_down else 200)
    if is_down:
        response.headers["Retry-After"] = "10"
    return response


@public
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Give the metrics to loopback, or to whoever holds ``METRICS_TOKEN``."""
    if not _may_read_figures(request):
        return HttpResponse("Metrics are for loopback or the holder of METRICS_TOKEN.\n", "text/plain", status=403)
    metrics.observe_audit_sink(sink_state(now=clock.now()))
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


@csrf_exempt
@own_body
@public
@require_POST
def policy_report(request: HttpRequest) -> HttpResponse:
    """Note what a browser refused because of the content policy: the rule and the host, no address."""
    raw = request.read(REPORT_BYTES + 1)
    if len(raw) > REPORT_BYTES:
        return HttpResponse(status=413)
    try:
        report = json.loads(raw)["csp-report"]
        rule, blocked = str(report["violated-directive"]), str(report.get("blocked-uri", ""))
    except (ValueError, KeyError, TypeError, RecursionError):
        return HttpResponse("This is not a report of a browser.\n", "text/plain", status=400)
    log.warning("content_policy_violated", rule=rule[:100], blocked=(_host(blocked) or blocked)[:100])
    return HttpResponse(status=204)


def _may_read_figures(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    if token and scheme.lower() == "bearer" and constant_time_compare(given.strip(), token):
        return True
    if not settings.TRUSTED_PROXIES and "X-Forwarded-For" in request.headers:
        return False  # a proxy on this machine that nobody declared would make everyone loopback
    try:
        return ipaddress.ip_address(correlation.current().ip_address).is_loopback
    except ValueError:
        return False


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
