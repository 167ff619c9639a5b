"""What makes a production start unsafe: every reason at once, each a sentence that says what to set."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from adminportal.outbox.gateway_address import FORMS, BadGatewayAddress, read_gateway

KEY_CHARACTERS = 50
"""Shortest SECRET_KEY (Django's own check asks for the same)."""
SEALING_CHARACTERS = 32
"""Shortest entry of SEALING_KEYS."""
SEED_BYTES = 32
"""Length of AUDIT_KEY, an Ed25519 seed (RFC 8032)."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
DEMO_SENDER_DOMAIN = "contoso.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The values that are judged."""

    debug: str
    secret_key: str
    sealing_keys: Sequence[str]
    audit_key: str
    database_engine: str
    redis_url: str
    public_url: str
    allowed_hosts: Sequence[str]
    trusted_proxies: int
    email_url: str
    email_from: str
    sms_url: str
    voice_url: str


def reasons(start: Start) -> list[str]:
    """Return why ``start`` is unsafe; an empty list lets it start."""
    return [*_keys(start), *_stores(start), *_addresses(start), *_channels(start)]


def _keys(start: Start) -> Iterator[str]:
    if start.debug.lower() not in ("", "0", "false", "no"):
        yield "DEBUG is set: unset it, a debug page shows everything to everyone."
    if len(start.secret_key) < KEY_CHARACTERS or len(set(start.secret_key)) < 10:
        yield f"SECRET_KEY is too weak: give at least {KEY_CHARACTERS} random characters."
    if not start.sealing_keys:
        yield "SEALING_KEYS is empty: give at least one key."
    if any(len(key) < SEALING_CHARACTERS or len(set(key)) < 10 for key in start.sealing_keys):
        yield f"SEALING_KEYS holds a weak key: give at least {SEALING_CHARACTERS} random characters each."
    if len(set(start.sealing_keys)) < len(start.sealing_keys):
        yield "SEALING_KEYS names one key twice."
    if start.secret_key in start.sealing_keys:
        yield "SECRET_KEY is one of SEALING_KEYS: give each purpose its own."
    if not _is_seed(start.audit_key):
        yield f"AUDIT_KEY is missing or not {SEED_BYTES} bytes in Base64: all machines sign with the same one."


def _is_seed(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == SEED_BYTES
    except ValueError:
        return False


def _stores(start: Start) -> Iterator[str]:
    if not start.database_engine.endswith("postgresql"):
        yield "DATABASE_URL is not PostgreSQL: SQLite has no row locks. Set postgresql://…"
    if not start.redis_url:
        yield "REDIS_URL is missing: limits and mails of several processes need one Redis or Valkey."


def _addresses(start: Start) -> Iterator[str]:
    public = urlsplit(start.public_url)
    if public.scheme != "https" or not public.hostname:
        yield "PUBLIC_URL must start with https:// and name the portal's host: it is the base of every link."
    elif public.hostname in LOOPBACK:
        yield "PUBLIC_URL names loopback: links in mails would lead nowhere."
    hosts = [host.lower() for host in start.allowed_hosts]
    if not hosts or "*" in hosts or set(hosts) <= LOOPBACK:
        yield "ALLOWED_HOSTS must name the portal's own host names, and no wildcard for all."
    elif public.hostname and not any(_covers(host, public.hostname) for host in hosts):
        yield f"ALLOWED_HOSTS does not hold the host of PUBLIC_URL, {public.hostname}."
    if start.trusted_proxies < 1:
        yield "TRUSTED_PROXIES is 0: TLS ends at a proxy in front, so say how many there are (1 for one)."


def _covers(host: str, name: str) -> bool:
    return host == name or (host.startswith(".") and name.endswith(host))


def _channels(start: Start) -> Iterator[str]:
    if start.email_url.startswith("inbox:") or not start.email_url:
        yield "EMAIL_URL is missing or the demo inbox: set smtp://… or smtps://…"
    for variable, channel, url in (("SMS_URL", "sms", start.sms_url), ("VOICE_URL", "voice", start.voice_url)):
        if url and not _is_gateway(url, channel=channel):
            # The address holds secrets, so the sentence repeats nothing of it.
            yield f"{variable} is the demo inbox or no gateway: unset it, or set {FORMS[channel]}."
    if start.email_from.rstrip(">").endswith(DEMO_SENDER_DOMAIN):
        yield "EMAIL_FROM is the demo sender: set an address of your own."


def _is_gateway(url: str, *, channel: str) -> bool:
    try:
        read_gateway(url, channel=channel)
    except BadGatewayAddress:
        return False
    return True
