"""Judges addresses of the environment, and turns ``DATABASE_URL`` into Django's setting."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from adminportal.audit.sinks.address import BadSinkAddress, check_address

SQLITE_WAIT_SECONDS = 20
CONTACT = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?[0-9][0-9 ().\-/]{2,60}")
"""An address or a telephone number."""
CONNECT_SECONDS = 5
"""How long to wait for PostgreSQL before the request is answered with 503."""


PREPARE_AFTER = 5
"""How often a statement is sent on a connection before PostgreSQL keeps its plan."""


def database(url: str) -> dict[str, Any]:
    """Read ``postgresql://…`` or ``sqlite:///…``.

    :raises ImproperlyConfigured: for any other scheme or a missing name.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": SQLITE_WAIT_SECONDS,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": _options(parts.query),
        }
    raise ImproperlyConfigured("DATABASE_URL must read postgresql://user:password@host:port/name or sqlite:///path.")


def _options(query: str) -> dict[str, Any]:
    """Return sslmode and the like, as libpq names them, and after how many times a statement is prepared."""
    named = dict(parse_qsl(query))
    times = named.pop("prepare_threshold", str(PREPARE_AFTER))
    if not times.isdecimal():
        raise ImproperlyConfigured("prepare_threshold in DATABASE_URL must be a number, or 0 for never.")
    return {"connect_timeout": CONNECT_SECONDS, **named, "prepare_threshold": int(times) or None}


def audit_sink(url: str, *, secret: str) -> str:
    """Return ``AUDIT_SINK_URL`` as it is, once it can be used; empty stays empty.

    :raises ImproperlyConfigured: when it cannot.
    """
    try:
        check_address(url, secret=secret)
    except BadSinkAddress as problem:
        raise ImproperlyConfigured(str(problem)) from None
    return url


def support_page(url: str) -> str:
    """Return ``SUPPORT_URL`` as it is, once it is a complete ``https://`` address; empty stays empty.

    :raises ImproperlyConfigured: when it is another.
    """
    parts = urlsplit(url)
    if url and (parts.scheme != "https" or not parts.hostname or any(sign.isspace() for sign in url)):
        raise ImproperlyConfigured(f"SUPPORT_URL={url!r} must be a complete https:// address: strangers see it.")
    return url


def support_contact(text: str) -> str:
    """Return ``SUPPORT_CONTACT`` as it is, once it is an address or a telephone number; empty stays empty.

    :raises ImproperlyConfigured: when it is neither.
    """
    if text and not CONTACT.fullmatch(text):
        raise ImproperlyConfigured(f"SUPPORT_CONTACT={text!r} must be an email address or a telephone number.")
    return text
