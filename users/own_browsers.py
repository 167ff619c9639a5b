"""Browsers that somebody trusted, as My account lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adminportal.sealing import Secret
from users.actors import Actor
from users.browser_names import name_of_browser
from users.models import TrustedDevice
from users.sessions import digest_of
from users.trusted_devices import list_trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBrowser:
    """One trusted browser; ``reference`` names it in a form, ``is_this`` is the one that asks."""

    reference: str
    name: str
    since: datetime
    last_used: datetime
    until: datetime
    is_this: bool


def own_browsers(actor: Actor, key: Secret, *, now: datetime) -> list[OwnBrowser]:
    """List the browsers that somebody trusts; one query, none for people without a role, who are never asked.

    ``key`` is what the browser that asks holds as its own.
    """
    if not actor.is_admin:
        return []
    days, own = actor.tenant.trusted_device_days, digest_of(key)
    return [_line(device, days=days, own=own) for device in list_trusted(actor.user, days=days, now=now)]


def _line(device: TrustedDevice, *, days: int, own: str) -> OwnBrowser:
    return OwnBrowser(
        reference=device.reference,
        name=name_of_browser(device.user_agent),
        since=device.created_at,
        last_used=device.last_used_at or device.created_at,
        until=min(device.expires_at, device.created_at + timedelta(days=days)),
        is_this=device.pk == own,
    )
