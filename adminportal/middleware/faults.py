"""Turns the faults of others (no hash slot, no database) into 503 with ``Retry-After``, in plain words."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext

from adminportal.hashing import HashingBusy
from adminportal.middleware.pages import render_error

log = structlog.stdlib.get_logger(__name__)

DATABASE_RETRY_SECONDS = 10
"""How long a client shall wait when the database is away: a restart takes about as long."""
API_PREFIXES = ("/v1.0/", "/beta/")
API_SUFFIX = "/oauth2/v2.0/token"


class FaultsMiddleware:
    """Answers for views; what breaks in another middleware comes by way of ``handler500``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Answer a fault that is not the fault of the request."""
        return answer(request, problem)


def answer(request: HttpRequest, problem: BaseException | None) -> HttpResponse | None:
    """Return the 503 for a known fault, and nothing for any other."""
    if isinstance(problem, HashingBusy):
        log.warning("hashing_busy", retry_after=problem.retry_after)
        reason = gettext("Too many people are signing in at this moment. Nothing was changed. Try again in a moment.")
        return _unavailable(request, code="busy", reason=reason, retry_after=problem.retry_after)
    if isinstance(problem, OperationalError | InterfaceError):
        # The class alone: the text of a database error may quote values.
        log.error("database_unavailable", problem=type(problem).__name__)
        reason = gettext(
            "The portal cannot reach its database at this moment. Nothing was changed. Try again in a moment."
        )
        return _unavailable(request, code="databaseUnavailable", reason=reason, retry_after=DATABASE_RETRY_SECONDS)
    return None


def wants_json(request: HttpRequest) -> bool:
    """Say whether a program asks, which is answered in JSON."""
    if request.path.startswith(API_PREFIXES) or request.path.endswith(API_SUFFIX):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _unavailable(request: HttpRequest, *, code: str, reason: str, retry_after: int) -> HttpResponse:
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse({"error": {"code": code, "message": reason}}, status=503)
    else:
        response = render_error(request, 503, {"reason": reason, "retry_after": retry_after})
    response.headers["Retry-After"] = str(retry_after)
    return response
