"""Names each request, finds out where it came from, and writes one line about it."""

from __future__ import annotations

import ipaddress
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from adminportal import correlation, metrics

log = structlog.stdlib.get_logger("adminportal.access")

HEADER = "X-Correlation-Id"
USER_AGENT_CHARACTERS = 256
"""How much of the browser's name is kept."""
UNROUTED = "unrouted"


class CorrelationMiddleware:
    """Binds correlation id, client address and browser for everything that the request records."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        correlation_id = uuid.uuid4()
        request.correlation_id = correlation_id  # type: ignore[attr-defined]  # for templates of error pages
        facts = correlation.RequestFacts(
            correlation_id=correlation_id,
            ip_address=client_address(request),
            user_agent=request.headers.get("User-Agent", "")[:USER_AGENT_CHARACTERS],
        )
        with correlation.bound(facts):
            started = time.perf_counter()
            response = self.get_response(request)
            _tell(request, response, seconds=time.perf_counter() - started)
        response.headers[HEADER] = str(correlation_id)
        return response


def client_address(request: HttpRequest) -> str:
    """Return the address of the client: the one that the outermost trusted proxy saw.

    :raises BadRequest: when ``X-Forwarded-For`` counts (``TRUSTED_PROXIES`` > 0) and cannot be read.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For")
    if not settings.TRUSTED_PROXIES or forwarded is None:
        return peer
    chain = [_address(entry) for entry in forwarded.split(",")]
    if len(chain) < settings.TRUSTED_PROXIES:
        raise BadRequest(
            f"X-Forwarded-For names {len(chain)} addresses, but there are {settings.TRUSTED_PROXIES} trusted proxies."
        )
    return chain[-settings.TRUSTED_PROXIES]


def _address(entry: str) -> str:
    """Read ``192.0.2.1``, ``192.0.2.1:5000``, ``2001:db8::1`` or ``[2001:db8::1]:5000``."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise BadRequest("X-Forwarded-For holds something that is not an address.") from None


def _tell(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    """Write the access line: the route, never the path (which may hold a secret) and never the query."""
    route = _route(request)
    metrics.observe_request(method=request.method or "", route=route, status=response.status_code, seconds=seconds)
    log.info(
        "request",
        method=request.method,
        route=route,
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
        ip_address=correlation.current().ip_address,
    )


def _route(request: HttpRequest) -> str:
    if request.path.startswith(settings.STATIC_URL):
        return "static"
    match = request.resolver_match
    return (match.view_name or match.route) if match is not None else UNROUTED
