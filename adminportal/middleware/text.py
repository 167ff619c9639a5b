"""Refuses text that no field can hold, before a view or the database meets it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext

from adminportal.middleware.bodies import View, reads_body_itself

NUL = "\x00"
"""PostgreSQL stores every character but this one, and SQLite ends a text at it."""


class TextMiddleware:
    """Answers 400 where the address or a form carries a NUL; files are not text and are left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> None:
        """Look at every name and value, except in a body that its view must bound first.

        :raises BadRequest: when one of them holds a NUL.
        """
        if _holds_nul(request.GET) or (not reads_body_itself(view) and _holds_nul(request.POST)):
            raise BadRequest(gettext("The request holds a character that no field can hold. Nothing was changed."))


def _holds_nul(fields: QueryDict) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in fields.lists())
