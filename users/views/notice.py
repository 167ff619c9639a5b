"""The one-time link of a notice: GET says what it does and changes nothing, one POST does it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from adminportal import clock, correlation
from adminportal.sealing import Secret
from adminportal.throttle import Throttled, check, peek
from adminportal.throttle.meter import source_of
from users.access import public
from users.notices import act_on_notice, show_notice


@public
@never_cache
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link is for; do it when the button is pressed."""
    now, source = clock.now(), source_of(correlation.current().ip_address)
    answer = act_on_notice if request.method == "POST" else show_notice
    try:
        peek("L21", key=source, now=now)
        found = answer(Secret(token), now=now)
        if found is None:
            check("L21", key=source, now=now)
    except Throttled as limit:
        response = render(request, "errors/429.html", {"retry_after": limit.retry_after}, status=429)
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    page = {"notice": found, "tenant": found.tenant if found else None}
    return render(request, "users/notice.html", page, status=200 if found else 404)
