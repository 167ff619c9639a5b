"""The inbox of a trial: every message as its recipient would see it. Does not exist in production."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import wraps
from html import unescape
from typing import Any
from uuid import UUID

from csp.constants import HEADER
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from adminportal.outbox.models import DevMessage
from users.access import public

NEWEST = 200
"""Messages that the page and its JSON show."""
STYLE_ATTRIBUTE = re.compile(r"\sstyle=\"([^\"]*)\"")

View = Callable[..., HttpResponse]


def trial_only(view: View) -> View:
    """Make a view exist in a trial and nowhere else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@public
@never_cache
@require_safe
@trial_only
def dev_inbox(request: HttpRequest) -> HttpResponse:
    """List what was caught, newest first; ``?to=`` one recipient, ``?format=json`` for scripts."""
    to = request.GET.get("to", "").strip()
    messages = DevMessage.objects.order_by("-created_at", "-id")
    if to:
        messages = messages.filter(to__iexact=to)
    if request.GET.get("format") == "json":
        return JsonResponse([_as_json(message) for message in messages[:NEWEST]], safe=False)
    return render(request, "centre/dev_inbox.html", {"messages": messages[:NEWEST], "to": to})


@public
@never_cache
@require_safe
@trial_only
def dev_message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Show one message as text, its link to be followed."""
    message = get_object_or_404(DevMessage, pk=message_id)
    link = re.search(re.escape(settings.PUBLIC_URL) + r"/\S+", message.text)
    page = {"message": message, "link": link.group() if link else "", "headers": sorted(message.headers.items())}
    return render(request, "centre/dev_inbox_message.html", page)


@public
@never_cache
@require_safe
@trial_only
def dev_message_html(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Show the HTML part alone: no scripts, no requests, no origin, only the styles that it carries itself."""
    message = get_object_or_404(DevMessage.objects.exclude(html=""), pk=message_id)
    response = HttpResponse(message.html)
    response.headers[HEADER] = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_style_sources(message.html)}",
            "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ]
    )
    return response


def _style_sources(html: str) -> str:
    """Allow exactly the style attributes of this mail by their hashes (CSP level 3), and no others."""
    styles = {unescape(style) for style in STYLE_ATTRIBUTE.findall(html)}
    if not styles:
        return "'none'"
    digests = sorted(base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles)
    return " ".join(["'unsafe-hashes'", *(f"'sha256-{digest}'" for digest in digests)])


def _as_json(message: DevMessage) -> dict[str, object]:
    return {
        "id": str(message.pk),
        "channel": message.channel,
        "to": [message.to],
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "created_at": message.created_at.isoformat(),
    }
