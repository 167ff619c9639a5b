"""A request that is always read as UTF-8, whatever its headers ask for."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters

UNREADABLE = "unreadable"
"""What stands for the encoding where the header has no form; ``BodiesMiddleware`` refuses it, as any but UTF-8."""


class PlainRequest(WSGIRequest):
    """Django takes on the encoding that the request names, and some of Python's codecs raise on whatever they get.

    That happens before the first middleware, where nobody is left to answer with a page. Here the name is only noted.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {"charset": UNREADABLE}
