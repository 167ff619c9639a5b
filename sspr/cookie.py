"""The cookie of an attempt: it names the attempt and nothing else, and shares nothing with a signed-in session."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from adminportal.sealing import Secret
from sspr import attempts
from sspr.models import RecoveryAttempt
from users import cookies

LONGEST_KEY = 64
"""Characters of a key that are looked at; ours have 43."""


def read_key(request: HttpRequest) -> Secret | None:
    """Return the key that a browser sent, if any."""
    key = request.COOKIES.get(settings.SSPR_COOKIE_NAME, "")
    return Secret(key) if 0 < len(key) <= LONGEST_KEY else None


def find_attempt(request: HttpRequest, *, now: datetime) -> RecoveryAttempt | None:
    """Return the attempt of a browser, also one that has ended; None after 15 minutes, or without a cookie."""
    key = read_key(request)
    return attempts.find(key, now=now) if key else None


def set_key(response: HttpResponse, key: Secret, attempt: RecoveryAttempt, *, now: datetime) -> None:
    """Hand the key of an attempt to the browser for as long as the attempt lives."""
    lives = max(1, int((attempt.expires_at - now).total_seconds()))
    cookies.set_cookie(response, settings.SSPR_COOKIE_NAME, key.expose(), max_age=lives, samesite="Strict")


def drop_key(response: HttpResponse) -> None:
    """Take the key back."""
    cookies.set_cookie(response, settings.SSPR_COOKIE_NAME, "", max_age=0, samesite="Strict")
