"""The picture and the sound of a challenge, for browsers that cannot do its work."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from adminportal import captcha, clock, correlation
from adminportal.middleware.pages import render_error
from adminportal.throttle import Throttled, check
from adminportal.throttle.meter import source_of
from users.access import public


@public
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """Draw the digits of a challenge."""
    return _answer(request, token, captcha.picture, "image/png")


@public
@require_safe
def sound(request: HttpRequest, token: str) -> HttpResponse:
    """Speak the digits of a challenge."""
    return _answer(request, token, captcha.sound, "audio/wav")


def _answer(request: HttpRequest, token: str, make: Callable[[str], bytes], kind: str) -> HttpResponse:
    now = clock.now()
    text = captcha.text_of(token, now=now)
    if not text:
        raise Http404
    try:
        check("CAPTCHA_SOUND", key=source_of(correlation.current().ip_address), now=now)
    except Throttled as limit:
        response = render_error(
            request, 429, {"retry_after": limit.retry_after, "minutes": -(-limit.retry_after // 60)}
        )
        response.headers["Retry-After"] = str(limit.retry_after)
        return response
    return HttpResponse(make(text), content_type=kind)
