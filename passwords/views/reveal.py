"""The one-time link: GET shows a page and changes nothing, one POST reveals."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock, correlation
from adminportal.sealing import Secret
from adminportal.throttle import Throttled, check, peek
from adminportal.throttle.meter import source_of
from passwords.reveal import FoundLink, LinkState, find_link, open_link
from users.access import public

GONE = 410


@public
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is for; reveal the password when the button is pressed."""
    now, source = clock.now(), source_of(correlation.current().ip_address)
    try:
        peek("L21", key=source, now=now)
        if request.method == "POST":
            found, password = open_link(Secret(token), now=now)
        else:
            found, password = find_link(Secret(token), now=now), None
        if found.state is LinkState.UNKNOWN:
            check("L21", key=source, now=now)
    except Throttled as limit:
        response = render(request, "errors/429.html", {"retry_after": limit.retry_after}, status=429)
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    if password is not None:
        return render(request, "passwords/reveal_shown.html", _shown(found, password))
    if found.state is LinkState.READY:
        return render(request, "passwords/reveal_ready.html", _ready(found))
    status = 404 if found.state is LinkState.UNKNOWN else GONE
    return render(request, "passwords/reveal_gone.html", _frame(found), status=status)


def _frame(found: FoundLink) -> dict[str, object]:
    return {"state": found.state.value, "tenant": found.tenant}


def _ready(found: FoundLink) -> dict[str, object]:
    """Return what the page says before the button is pressed: whose password, and until when the link works."""
    user, link = found.user, found.link
    return _frame(found) | {
        "user_name": user.user_principal_name if user else "",
        "display_name": user.display_name if user else "",
        "expires_at": link.reset.sealed_until if link else None,
    }


@sensitive_variables()
def _shown(found: FoundLink, password: Secret) -> dict[str, object]:
    """Return what the page says with the password: whose it is, where to use it, and until when."""
    reset = found.link.reset if found.link else None
    return _ready(found) | {
        "password": password,
        "sign_in_url": settings.PUBLIC_URL + reverse("users:signin"),
        "must_change": bool(reset and reset.must_change),
        "expires_at": reset.temporary_expires_at if reset else None,
    }
