"""Reads ``SMS_URL`` and ``VOICE_URL``; knows neither Django nor the network, so that settings can use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

WEBHOOK, TWILIO = "webhook", "twilio"

_WEBHOOK_SCHEMES = {"webhook+https": True, "webhook+http": False}
"""Scheme to TLS or plain (loopback only)."""
FORMS = {
    "sms": "webhook+https://host/path?token=… or twilio://SID:TOKEN@host?from=+…",
    "voice": "webhook+https://host/path?token=…",
}


class BadGatewayAddress(ValueError):
    """The address of a gateway cannot be used; the text says which forms can, and nothing of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAddress:
    """A gateway; ``target`` and ``password`` hold its secrets, so neither is shown."""

    kind: str
    tls: bool
    host: str
    port: int
    target: str = field(default="/", repr=False)
    account: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    sender: str = ""


def read_gateway(url: str, *, channel: str) -> GatewayAddress:
    """Return the parts of the address of a channel, ``sms`` or ``voice``.

    :raises BadGatewayAddress: when it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadGatewayAddress(FORMS[channel]) from None
    if not parts.hostname or parts.fragment:
        raise BadGatewayAddress(FORMS[channel])
    if parts.scheme in _WEBHOOK_SCHEMES and parts.username is None:
        tls = _WEBHOOK_SCHEMES[parts.scheme]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return GatewayAddress(kind=WEBHOOK, tls=tls, host=parts.hostname, port=port or _usual(tls), target=target)
    options = parse_qs(parts.query)
    scheme, sender = options.pop("scheme", ["https"])[0], options.pop("from", [""])[0].strip()
    # An unescaped plus of an address is a blank once it is read.
    sender = f"+{sender}" if sender.isdecimal() else sender
    named = parts.scheme == "twilio" and parts.username and parts.password and sender
    if channel != "sms" or not named or options or scheme not in ("https", "http") or parts.path not in ("", "/"):
        raise BadGatewayAddress(FORMS[channel])
    return GatewayAddress(
        kind=TWILIO,
        tls=scheme == "https",
        host=parts.hostname,
        port=port or _usual(scheme == "https"),
        account=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=sender,
    )


def _usual(tls: bool) -> int:
    return 443 if tls else 80
