"""Refuses bodies unread: too large ones, and text in another encoding than the portal's."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

View = Callable[..., HttpResponse]


class BodiesMiddleware:
    """Stands before whatever reads a body: a file of any size would be written to disk on its way to a form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let Python's other codecs alone: some raise whatever they are given, some give half a surrogate pair.

        :raises BadRequest: when the request names one of them.
        """
        if (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8":
            request.encoding = "utf-8"  # the page that says so must be able to read the request
            raise BadRequest(gettext("The request is not in UTF-8. Nothing was changed."))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> None:
        """Hold the announced length against what any form may have.

        :raises BadRequest: when the length is no number.
        :raises RequestDataTooBig: when it is more than ``DATA_UPLOAD_MAX_MEMORY_SIZE``, files included.
        """
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not (announced.isascii() and announced.isdigit() and len(announced) < len("1" + "0" * 18)):
            raise BadRequest(gettext("The request does not say how long it is. Nothing was changed."))
        if int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not reads_body_itself(view):
            raise RequestDataTooBig("The announced length is more than a form may have.")


def own_body(view: View) -> View:
    """Mark a view that bounds its body itself before anything reads it."""
    view.has_own_body = True  # type: ignore[attr-defined]  # a mark, as those of the guards
    return view


def reads_body_itself(view: View) -> bool:
    """Tell whether a view is marked so."""
    return bool(getattr(view, "has_own_body", False))
