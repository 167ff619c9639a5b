"""Typed readers of the environment: a wrong value stops the start with a sentence, it is never guessed."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Read ``NAME``, or the first line of the file that ``NAME_FILE`` names.

    :raises ImproperlyConfigured: when both are missing and there is no default, or the file cannot be read.
    """
    if os.environ.get(name):
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise ImproperlyConfigured(f"{name}_FILE={path} cannot be read: {problem.strerror}.") from problem
    if default is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE).")
    return default


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    """Read a whole number between ``low`` and ``high``.

    :raises ImproperlyConfigured: when it is not one.
    """
    raw = text(name, str(default))
    if not raw.isdecimal() or not low <= int(raw) <= high:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number from {low} to {high}.")
    return int(raw)


def words(name: str, default: str = "") -> list[str]:
    """Read a comma list, without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Read one of a few words.

    :raises ImproperlyConfigured: when it is another.
    """
    raw = text(name, default)
    if raw not in allowed:
        raise ImproperlyConfigured(f"{name}={raw!r} is not one of {', '.join(allowed)}.")
    return raw
