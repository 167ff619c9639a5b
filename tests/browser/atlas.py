"""Every page of the portal in each of its main states: how to get there. Drawn by ``screenshots``, judged by axe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from playwright.sync_api import Page

from adminportal.middleware.pages import render_error
from adminportal.outbox.models import OutboundMessage, State
from tests.adminportal.outbox_cast import deliver_all
from tests.cast import PASSWORD, Cast
from tests.passwords import reset_cast
from users.tenancy import within

Way = Callable[[Page, Cast], None]
ERRORS: Final = {
    "bad-request": (400, None),
    "denied": (403, None),
    "stale-form": (403, "403_csrf"),
    "too-large": (413, None),
    "too-often": (429, None),
    "fault": (500, None),
    "busy": (503, None),
}
"""Error pages that no address leads to: name, status, template where it is not named for the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page in one state. ``who`` is the local part of a user name, empty for nobody; ``route`` names its route.

    ``is_letter``: a mail in a sandbox, which runs no script and is no page to axe.
    """

    name: str
    route: str
    way: Way
    who: str = "global.admin"
    is_letter: bool = False


def error_page(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with an error page."""
    status, template = ERRORS[name]
    return render_error(request, status, template=template) if template else render_error(request, status)


error_page.is_public = True  # type: ignore[attr-defined]  # as the decorator of the product says it
urlpatterns: list[URLPattern | URLResolver] = [
    path("shown-error/<str:name>", error_page, name="shown-error"),
    path("", include("adminportal.urls")),
]
"""Routes of a portal that is looked at: the product's, and a way to its error pages."""
handler400 = "adminportal.centre.views.errors.bad_request"
handler403 = "adminportal.centre.views.errors.permission_denied"
handler404 = "adminportal.centre.views.errors.page_not_found"
handler500 = "adminportal.centre.views.errors.server_error"


def at(route: str, *names: str, query: str = "") -> Way:
    """Return the way to the page of a route; ``names`` are people whose ids it takes."""
    return lambda page, cast: go(page, reverse(route, args=[cast[name].pk for name in names]) + query)


def go(page: Page, address: str) -> None:
    page.goto(address)
    assert page.url.endswith(address), f"{address} led to {page.url}"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def deliver(cast: Cast) -> None:
    """Have every waiting message delivered."""
    deliver_all(OutboundMessage.objects.filter(state=State.QUEUED))


def warm_up(cast: Cast) -> None:
    """Let something have happened, so that lists are not empty."""
    with within(cast.tenant):
        reset_cast.reset(cast, "adele.vance", actor="global.admin", deliver_to_alternate=True)
        reset_cast.reset(cast, "diego.siciliani", password=PASSWORD + "-9")
    deliver(cast)
