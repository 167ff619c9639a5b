"""User principal names and folded search text. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

MAX_UPN = 113
"""Longest user principal name in characters (Microsoft 365 add-users)."""
MAX_LOCAL = 64
MAX_DOMAIN = 48
LOCAL_PATTERN = re.compile(r"[a-z0-9'.\-_!#^~]+")
DOMAIN_PATTERN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class NameFault(Exception):
    """A user principal name that cannot be; ``code`` says why."""

    code: str


def fold_upn(typed: str) -> str:
    """Return the folded form of a typed user name: NFKC, case folded, without blanks around it."""
    return unicodedata.normalize("NFKC", typed).casefold().strip()


def check_upn(typed: str) -> str:
    """Return the folded user principal name.

    :raises NameFault: with code ``at``, ``long``, ``local``, ``domain`` or ``dot``.
    """
    folded = fold_upn(typed)
    local, at, domain = folded.partition("@")
    if not at or "@" in domain or not local or not domain:
        raise NameFault("at")
    if len(folded) > MAX_UPN or len(local) > MAX_LOCAL or len(domain) > MAX_DOMAIN:
        raise NameFault("long")
    if not LOCAL_PATTERN.fullmatch(local):
        raise NameFault("local")
    if local.endswith("."):
        raise NameFault("dot")
    if not DOMAIN_PATTERN.fullmatch(domain):
        raise NameFault("domain")
    return folded


def fold_text(text: str) -> str:
    """Return text for searching and sorting: accents and letters such as ø æ å ł ß become plain ASCII, lower case."""
    return " ".join(anyascii(unicodedata.normalize("NFKC", text)).lower().split())
