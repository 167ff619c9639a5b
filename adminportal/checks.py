"""System checks of what would be unsafe and cannot be seen by Django: ``portal.E001`` and on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from adminportal.logging import PortalFormatter

OUTERMOST = "adminportal.middleware.headers.HeadersMiddleware"
STRONG_HASHER = "adminportal.hashing.PortalArgon2Hasher"
CHEAP_HASHER = "adminportal.hashing.CheapHasher"
MIN_MEMORY_KIB = 19_456
MIN_TIME = 2
"""Least Argon2id parameters (OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane)."""
HOST_PREFIXED = (
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "DEVICE_COOKIE_NAME",
    "TRUSTED_COOKIE_NAME",
    "SSPR_COOKIE_NAME",
    "HOME_COOKIE_NAME",
)


@register(Tags.security)
def check_portal(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Run every check of this module."""
    return [message for check in CHECKS for message in check()]


def cookies() -> Iterator[Error]:
    """E001: over TLS each cookie is bound to its host by name."""
    if settings.PORTAL_ENV != "production":
        return
    for name in HOST_PREFIXED:
        if not str(getattr(settings, name, "")).startswith("__Host-"):
            yield Error(f"{name} does not begin with __Host-.", id="portal.E001")
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Error("A cookie would also travel over plain http.", id="portal.E001")


def hashers() -> Iterator[Error]:
    """E002, E003: passwords are kept by Argon2id with at least OWASP's parameters."""
    used = list(settings.PASSWORD_HASHERS)
    if settings.PORTAL_ENV != "test" and (used[:1] != [STRONG_HASHER] or CHEAP_HASHER in used):
        yield Error(f"PASSWORD_HASHERS must begin with {STRONG_HASHER} and hold no cheap one.", id="portal.E002")
    if settings.ARGON2_MEMORY_KIB < MIN_MEMORY_KIB or settings.ARGON2_TIME < MIN_TIME:
        yield Error(f"Argon2 needs at least {MIN_MEMORY_KIB} KiB and {MIN_TIME} passes.", id="portal.E003")


def queue() -> Iterator[Error]:
    """E004: the queue carries JSON alone; anything else would run code that it brings."""
    if settings.CELERY_TASK_SERIALIZER != "json" or set(settings.CELERY_ACCEPT_CONTENT) != {"json"}:
        yield Error("Celery must write and accept JSON only.", id="portal.E004")


def proxies() -> Iterator[Error]:
    """E005: the forwarded scheme counts exactly when a proxy is trusted."""
    forwarded = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) is not None
    if forwarded and settings.TRUSTED_PROXIES < 1:
        yield Error("SECURE_PROXY_SSL_HEADER is believed though TRUSTED_PROXIES is 0.", id="portal.E005")


def log_lines() -> Iterator[Error]:
    """E006: every handler of the log redacts link tokens."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in settings.LOGGING["loggers"])]
    for logger in loggers:
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler and not isinstance(handler.formatter, PortalFormatter):
                yield Error(f"A handler of the logger {logger.name} does not redact.", id="portal.E006")


def middleware() -> Iterator[Error]:
    """E007: what writes headers is outermost, so that no answer passes it by."""
    if list(settings.MIDDLEWARE)[:1] != [OUTERMOST]:
        yield Error(f"{OUTERMOST} must come first in MIDDLEWARE.", id="portal.E007")


def content_policy() -> Iterator[Error]:
    """E008: the content policy lets no inline code run."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    words = {str(word) for values in directives.values() for word in values}
    if words & {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} or "default-src" not in directives:
        yield Error("CONTENT_SECURITY_POLICY lets foreign or inline code run.", id="portal.E008")


CHECKS: tuple[Callable[[], Iterator[Error]], ...] = (
    cookies,
    hashers,
    queue,
    proxies,
    log_lines,
    middleware,
    content_policy,
)
