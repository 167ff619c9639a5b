"""Authenticator apps as people set them up."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp

from adminportal import clock
from tests.cast import Cast, make_cast
from users.models import Tenant
from users.services.authenticators import finish_authenticator, start_authenticator
from users.tenancy import within

LETTERS = re.compile(r"<span>([A-Z2-7]{4})</span>")
"""Four letters of a key as a page shows it."""


def make_strict_cast() -> Cast:
    """Create the cast in an organization that asks role holders for the second factor."""
    cast = make_cast()
    Tenant.objects.update(admin_mfa_required=True)
    cast.tenant.refresh_from_db()
    return cast


def registers_app(cast: Cast, name: str, *, label: str = "Phone") -> pyotp.TOTP:
    """Let somebody have registered an app five minutes ago, and return it; no code of now was typed yet."""
    user = cast[name]
    with within(cast.tenant), clock.travel(timedelta(minutes=-5)):
        now, by = clock.now(), cast.actor(name).for_audit()
        new = start_authenticator(user=user, tenant=cast.tenant, now=now)
        app = pyotp.TOTP(new.key.expose())
        made = finish_authenticator(
            tenant=cast.tenant, user=user, sealed=new.sealed, typed=app.at(now), label=label, by=by, now=now
        )
        assert made is not None
    return app


def scan(page: str) -> tuple[pyotp.TOTP, str]:
    """Return the app and the hidden field, as the page shows them."""
    letters = "".join(LETTERS.findall(page))
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert len(letters) == 32 and sealed
    return pyotp.TOTP(letters), sealed[1]
