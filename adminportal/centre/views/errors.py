"""Error pages; named by ``handler400`` … ``handler500`` and ``CSRF_FAILURE_VIEW``."""

from __future__ import annotations

import sys

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from adminportal.middleware import faults
from adminportal.middleware.pages import render_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what could not be read; only the portal's own sentences are shown, a library's may quote input."""
    if isinstance(exception, RequestDataTooBig):
        return render_error(request, 413)
    return render_error(request, 400, {"reason": str(exception) if isinstance(exception, BadRequest) else ""})


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say which rule forbids it, where the rule said so."""
    said = str(exception)
    # The code of a permission stands in the audit log where something was to be done; a sentence is for the person.
    return render_error(request, 403, {"reason": said if said.endswith(".") else ""})


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that it is not there, for everything that does not exist for this person."""
    return render_error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of a layer above the views as 503 where it is a known one, else as 500."""
    return faults.answer(request, sys.exc_info()[1]) or render_error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form is too old; Django's reason is for developers and not shown."""
    return render_error(request, 403, template="403_csrf")
