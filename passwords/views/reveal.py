"""The one-time link: GET shows a page and changes nothing, one POST reveals."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock, correlation
from adminportal.sealing import Secret
from adminportal.throttle import Throttled, check, peek
from passwords.reveal import FoundLink, LinkState, find_link, open_link
from users.access import public

GONE = 410


@public
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is for; reveal the password when the button is pressed."""
    now, source = clock.now(), correlation.current().ip_address
    try:
        peek("L21", key=source, now=now)
        if request.method == "POST":
            found, password = open_link(Secret(token), now=now)
        else:
            found, password = find_link(Secret(token), now=now), None
        if found.state is LinkState.UNKNOWN:
            check("L21", key=source, now=now)
    except Throttled as limit:
        response = render(request, "errors/429.html", {"minutes": -(-limit.retry_after // 60)}, status=429)
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    if password is not None:
        return render(request, "passwords/reveal_shown.html", _page(found) | {"password": password})
    if found.state is LinkState.READY:
        return render(request, "passwords/reveal_ready.html", _page(found))
    status = 404 if found.state is LinkState.UNKNOWN else GONE
    return render(request, "passwords/reveal_gone.html", _page(found), status=status)


def _page(found: FoundLink) -> dict[str, object]:
    user = found.user
    reset = found.link.reset if found.link else None
    return {
        "state": found.state.value,
        "tenant": found.tenant,
        "user_name": user.user_principal_name if user else "",
        "display_name": user.display_name if user else "",
        "expires_at": reset.temporary_expires_at if reset else None,
        "must_change": reset.must_change if reset else False,
    }
