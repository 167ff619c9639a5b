"""The wizard as a browser without scripts walks it: pages, forms, one cookie."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from adminportal import clock
from adminportal.sealing import Secret
from sspr import attempts
from sspr.models import RecoveryAttempt
from tests.solving import solved
from tests.sspr.wizard_ways import NEW_PASSWORD, code_of

MOVES = re.compile(r'name="moves" value="(\d+)"')


class Visit:
    """One browser in the wizard."""

    def __init__(self, *, source: str = "203.0.113.40", client: Client | None = None) -> None:
        self.client = client or Client(REMOTE_ADDR=source)

    def begin(self, user_name: str, **query: str) -> HttpResponse:
        """Give a user ID on page 1."""
        page = self.client.get("/passwordreset", query)
        return self.client.post("/passwordreset", {"user_name": user_name, **solved(page)})

    def page(self, **query: str) -> HttpResponse:
        """Open the page of the step."""
        return self.client.get("/passwordreset/step", query)

    def moves(self) -> str:
        """Return the number that the forms of the page name."""
        found = MOVES.search(self.page().content.decode())
        return found[1] if found else ""

    def post(self, step: str, **fields: Any) -> HttpResponse:
        """Send a form of the page as it is now."""
        return self.client.post(f"/passwordreset/{step}", {"moves": self.moves(), **fields})

    def send(self, method: str, number: str = "") -> HttpResponse:
        """Have a code sent."""
        return self.post("send", method=method, number=number)

    def prove(self, method: str, code: str) -> HttpResponse:
        """Type a code."""
        return self.post("prove", method=method, code=code)

    def prove_email(self) -> HttpResponse:
        """Prove the alternate address with the code that was sent."""
        self.send("email")
        return self.prove("email", self.code())

    def finish(self, password: str = NEW_PASSWORD, again: str = "") -> HttpResponse:
        """Choose a password."""
        return self.post("finish", new_password=password, confirm_password=again or password)

    @property
    def key(self) -> str:
        """Return what the cookie holds."""
        morsel = self.client.cookies.get(settings.SSPR_COOKIE_NAME)
        return morsel.value if morsel else ""

    @property
    def attempt(self) -> RecoveryAttempt:
        """Return the attempt behind the cookie."""
        found = attempts.find(Secret(self.key), now=clock.now())
        assert found is not None
        return found

    def code(self) -> str:
        """Return the code that is on its way to the person."""
        return code_of(self.attempt)


def text_of(page: HttpResponse) -> str:
    """Return the page as text."""
    return page.content.decode()
