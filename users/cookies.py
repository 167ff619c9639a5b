"""The cookies of a signed-in browser, and how any cookie with a key is set."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.http import HttpResponse

from adminportal.sealing import Secret
from users.devices import LIFETIME


def set_session(response: HttpResponse, key: Secret) -> None:
    """Hand the session key to the browser; it lives until the browser closes or the row ends."""
    set_cookie(response, settings.SESSION_COOKIE_NAME, key.expose())


def drop_session(response: HttpResponse) -> None:
    """Take the session key back and have the browser forget what it stored."""
    set_cookie(response, settings.SESSION_COOKIE_NAME, "", max_age=0)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def set_device(response: HttpResponse, value: str) -> None:
    """Remember that somebody signed in from this browser."""
    set_cookie(response, settings.DEVICE_COOKIE_NAME, value, max_age=int(LIFETIME.total_seconds()))


def set_trusted(response: HttpResponse, key: Secret, *, days: int) -> None:
    """Hand the key of a trusted browser out; whoever holds it need not give the second factor for so many days."""
    set_cookie(response, settings.TRUSTED_COOKIE_NAME, key.expose(), max_age=days * 86_400)


def set_cookie(
    response: HttpResponse,
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    samesite: Literal["Lax", "Strict"] = "Lax",
) -> None:
    """Set a cookie that no script reads; it lives ``max_age`` seconds, or until the browser closes."""
    response.set_cookie(
        name, value, max_age=max_age, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite=samesite
    )
