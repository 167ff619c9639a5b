"""Ways through the forms of Security info and of registration at sign-in."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from tests.users.app_ways import scan
from users.models import Session, User
from users.models.challenge import Challenge, Purpose
from users.services.challenges import newest, open_code

HOME = "/account/security-info"
MAIL, MOBILE = "adele.home@mail.example", "+1 202 555 0142"


def waiting_code(user: User, purpose: Purpose = Purpose.METHOD) -> str:
    """Return the code that is on its way to a new address or number."""
    found: Challenge | None = newest(bound_to=user.pk, purpose=purpose)
    assert found is not None
    opened = open_code(OutboundMessage.objects.get(pk=found.message_id), clock.now())
    assert opened is not None
    return str(opened["code"])


def wrong(code: str) -> str:
    """Return another code of the same length."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def adds_by_code(client: Client, user: User, address: str, value: str, **more: str) -> Any:
    """Type an address or a number and the code that came there; returns the answer to the code."""
    asked = client.post(address, {"value": value, **more})
    assert asked.status_code == 200, asked.content.decode()
    stored = re.search(r'name="value" value="([^"]+)"', asked.content.decode())
    assert stored is not None
    return client.post(address, {"value": stored[1], "code": waiting_code(user), **more})


def adds_app(client: Client, address: str, **more: str) -> Any:
    """Scan the key and type the app's code; returns the answer."""
    app, sealed = scan(client.get(address, more).text)
    return client.post(address, {"sealed": sealed, "code": app.at(clock.now()), **more})


def session_of(client: Client) -> Session:
    """Return the row of the client's session."""
    return Session.objects.get(pk=client.session_digest)  # type: ignore[attr-defined]
