"""Reads ``AUDIT_SINK_URL``; knows neither Django nor the network, so that settings can use it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

SECRET_CHARACTERS = 32
"""Shortest ``AUDIT_SINK_SECRET``."""

_SCHEMES: dict[str, tuple[str, bool, int]] = {
    "syslog+tls": ("syslog", True, 6514),
    "syslog+tcp": ("syslog", False, 601),
    "webhook+https": ("webhook", True, 443),
    "webhook+http": ("webhook", False, 80),
}
"""Scheme to kind, TLS or plain (loopback only), and usual port."""

FORMS = "syslog+tls://host:6514?ca=/path or webhook+https://host/path; syslog+tcp:// and webhook+http:// to loopback"


class BadSinkAddress(ValueError):
    """``AUDIT_SINK_URL`` cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkAddress:
    """Where the log goes as well; ``target`` is path and query of a webhook, ``ca`` a file of authorities or empty."""

    kind: str
    tls: bool
    host: str
    port: int
    target: str
    ca: str

    @property
    def name(self) -> str:
        """A short name to keep the place in the log under; it holds nothing of a secret path."""
        return hashlib.sha256(f"{self.kind} {self.host} {self.port} {self.target}".encode()).hexdigest()[:32]


def read_address(url: str) -> SinkAddress | None:
    """Return the parts of the address, or None of an empty one.

    :raises BadSinkAddress: when it is none.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise BadSinkAddress(f"AUDIT_SINK_URL is no address: {problem}. Give {FORMS}.") from None
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.username is not None:
        raise BadSinkAddress(f"AUDIT_SINK_URL is not one of the forms: {FORMS}.")
    kind, tls, usual_port = _SCHEMES[parts.scheme]
    options = parse_qsl(parts.query, keep_blank_values=True)
    ca = next((value for key, value in options if key == "ca"), "")
    rest = [(key, value) for key, value in options if key != "ca"]
    if kind == "syslog" and (rest or parts.path not in ("", "/")):
        raise BadSinkAddress("AUDIT_SINK_URL of syslog takes nothing but ca= behind host and port.")
    target = (parts.path or "/") + (f"?{urlencode(rest)}" if rest else "")
    return SinkAddress(kind=kind, tls=tls, host=parts.hostname, port=port or usual_port, target=target, ca=ca)


def check_address(url: str, *, secret: str) -> None:
    """Judge address and secret together, as the start of the portal does.

    :raises BadSinkAddress: when they cannot be used.
    """
    address = read_address(url)
    if address and address.kind == "webhook" and len(secret) < SECRET_CHARACTERS:
        raise BadSinkAddress(f"AUDIT_SINK_SECRET needs at least {SECRET_CHARACTERS} characters: it signs the webhook.")
