"""The cookies of a signed-in browser."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

from adminportal.sealing import Secret
from users.devices import LIFETIME


def set_session(response: HttpResponse, key: Secret) -> None:
    """Hand the session key to the browser; it lives until the browser closes or the row ends."""
    _set(response, settings.SESSION_COOKIE_NAME, key.expose())


def drop_session(response: HttpResponse) -> None:
    """Take the session key back and have the browser forget what it stored."""
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        "",
        max_age=0,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def set_device(response: HttpResponse, value: str) -> None:
    """Remember that somebody signed in from this browser."""
    _set(response, settings.DEVICE_COOKIE_NAME, value, max_age=int(LIFETIME.total_seconds()))


def set_trusted(response: HttpResponse, key: Secret, *, days: int) -> None:
    """Hand the key of a trusted browser out; whoever holds it need not give the second factor for so many days."""
    _set(response, settings.TRUSTED_COOKIE_NAME, key.expose(), max_age=days * 86_400)


def _set(response: HttpResponse, name: str, value: str, *, max_age: int | None = None) -> None:
    response.set_cookie(
        name, value, max_age=max_age, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
