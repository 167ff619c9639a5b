"""Pages of the queue of password requests, and ways to them."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from passwords.services.request import HelpCall, ask
from tests.browser.atlas import Sheet, at, go, press
from tests.cast import Cast
from users.tenancy import within


def called(cast: Cast, name: str = "adele.vance", *, unwanted: bool = False) -> UUID:
    """Have somebody ask for help and return the id of the request."""
    call = HelpCall(
        tenant=cast.tenant,
        user=cast[name],
        sspr_code="" if unwanted else "SSPR_0014",
        source="203.0.113.9",
        correlation_id=uuid4(),
        reported_unwanted=unwanted,
    )
    with within(cast.tenant):
        return ask(call, now=clock.now()).pk


def queue(page: Page, cast: Cast) -> None:
    """See the queue with requests."""
    called(cast)
    called(cast, "diego.siciliani", unwanted=True)
    go(page, reverse("passwords:requests"))


def one(page: Page, cast: Cast) -> None:
    """See one request."""
    go(page, reverse("passwords:request", args=[called(cast, "diego.siciliani", unwanted=True)]))


def decline_without_note(page: Page, cast: Cast) -> None:
    """Be asked why a request is declined."""
    go(page, reverse("passwords:request", args=[called(cast)]))
    page.locator("summary", has_text="Decline with note").click()
    press(page, "Decline")
    page.get_by_text("Write why").wait_for()


REQUESTS: Final = [
    Sheet(name="requests", route="passwords:requests", way=queue),
    Sheet(name="requests-none", route="passwords:requests", way=at("passwords:requests", query="?state=declined")),
    Sheet(name="request", route="passwords:request", way=one),
    Sheet(name="request-decline", route="passwords:request", way=decline_without_note),
]
