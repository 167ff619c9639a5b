"""Error pages that come out even when the template, the database or the translations are broken."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

log = structlog.stdlib.get_logger(__name__)

TITLES = {
    400: "The request cannot be read",
    403: "You cannot do this",
    404: "This page does not exist",
    413: "This is too large",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "The portal is busy",
}
"""Headings of the plain page, which is English because it is what is left when nothing else works."""


def render_error(
    request: HttpRequest, status: int, context: Mapping[str, object] | None = None, *, template: str = ""
) -> HttpResponse:
    """Render ``templates/errors/<status>.html`` with its context, or else a plain page."""
    values = {"status": status, "correlation_id": _support_code(request), **(context or {})}
    try:
        page = str(render_to_string(f"errors/{template or status}.html", values, request=request))
    except Exception as problem:  # an error page must not raise, whatever broke
        log.error("error_page_failed", status=status, problem=type(problem).__name__)
        page = _plain(status, reason=str(values.get("reason", "")), support_code=_support_code(request))
    return HttpResponse(page, status=status)


def _support_code(request: HttpRequest) -> str:
    return str(getattr(request, "correlation_id", ""))


def _plain(status: int, *, reason: str, support_code: str) -> str:
    title = TITLES.get(status, TITLES[500])
    advice = reason or gettext("Go back and try again. Nothing was changed.")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><main><h1>{escape(title)}</h1><p>{escape(advice)}</p><p>{escape(support_code)}</p></main></body></html>"
    )
