"""Every page of the portal in each of its main states: how to get there. Drawn by ``screenshots``, judged by axe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from playwright.sync_api import Page

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.middleware.pages import render_error
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.models import DevMessage, OutboundMessage, State
from tests.browser.people_file import as_file, listed_people
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
    return lambda page, cast: _go(page, reverse(route, args=[cast[name].pk for name in names]) + query)


def _go(page: Page, address: str) -> None:
    page.goto(address)
    assert page.url.endswith(address), f"{address} led to {page.url}"


def _button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def type_name(page: Page, cast: Cast) -> None:
    """Be asked for the password."""
    _go(page, reverse("users:signin"))
    page.get_by_role("textbox", name="User name").fill(cast["adele.vance"].user_principal_name)
    _button(page, "Next")
    page.get_by_role("heading", name="Enter password").wait_for()


def type_wrong_password(page: Page, cast: Cast) -> None:
    """Fail to sign in."""
    type_name(page, cast)
    page.get_by_role("textbox", name="Password", exact=True).fill("not it")
    _button(page, "Sign in")
    page.get_by_role("alert").first.wait_for()


def deliver(cast: Cast) -> None:
    """Have every waiting message delivered."""
    with Dispatcher() as dispatcher:
        for message_id in OutboundMessage.objects.filter(state=State.QUEUED).values_list("pk", flat=True):
            dispatcher.deliver(message_id, now=clock.now())


def link_ready(page: Page, cast: Cast) -> None:
    """Open a one-time link."""
    reset_cast.reset(cast, "adele.vance", deliver_to_alternate=True)
    deliver(cast)
    letters = OutboundMessage.objects.filter(about_user_id=cast["adele.vance"].pk).exclude(link_purpose="")
    _go(page, reset_cast.link_of(letters.latest("created_at")))


def link_shown(page: Page, cast: Cast) -> None:
    """Open a one-time link and press its button."""
    link_ready(page, cast)
    _button(page, "Show password")
    page.locator("[data-secret-value]").wait_for()


def link_used(page: Page, cast: Cast) -> None:
    """Open a one-time link a second time."""
    link_shown(page, cast)
    page.goto(page.url)


def must_change(page: Page, cast: Cast) -> None:
    """Sign in with a temporary password."""
    typed = reset_cast.shown(cast, reset_cast.reset(cast, "diego.siciliani"))
    _go(page, reverse("users:signin"))
    page.get_by_role("textbox", name="User name").fill(cast["diego.siciliani"].user_principal_name)
    _button(page, "Next")
    page.get_by_role("textbox", name="Password", exact=True).fill(typed)
    _button(page, "Sign in")
    page.get_by_role("heading", name="Update your password").wait_for()


def change_refused(page: Page, cast: Cast) -> None:
    """Choose a password that breaks rules."""
    _go(page, reverse("passwords:change"))
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("textbox", name="New password").first.fill("grady")
    page.get_by_label("Confirm new password").fill("grady")
    _button(page, "Submit")
    page.get_by_role("alert").first.wait_for()


def open_panel(search: str, link: str) -> Way:
    """Return the way to a panel over the grid."""

    def way(page: Page, cast: Cast) -> None:
        _go(page, f"{reverse('users:active')}?search={search}")
        page.get_by_role("link", name=link, exact=True).click()
        page.get_by_role("dialog").wait_for()

    return way


def tick_people(page: Page, cast: Cast) -> None:
    """Tick two rows."""
    _go(page, reverse("users:active"))
    for number in (0, 1):
        page.locator("[data-grid-tick]:enabled").nth(number).check()


def open_row_menu(page: Page, cast: Cast) -> None:
    """Open the menu of a row."""
    _go(page, f"{reverse('users:active')}?search=adele")
    page.locator("summary[aria-label='More for Adele Vance']").click()


def own_password_typed(page: Page, cast: Cast) -> None:
    """Type a password in the panel and be refused."""
    open_panel("adele", "Reset password of Adele Vance")(page, cast)
    page.get_by_label("Let me create the password").check()
    page.get_by_role("textbox", name="Password").fill("adele")
    page.get_by_text("Not met:").first.wait_for()
    _button(page, "Reset password")
    page.get_by_role("dialog").get_by_role("alert").first.wait_for()


def result(page: Page, cast: Cast) -> None:
    """See how a reset ended whose mails were sent."""
    outcome = reset_cast.reset(
        cast, "adele.vance", actor="global.admin", deliver_to=("desk@contoso.example",), deliver_to_alternate=True
    )
    deliver(cast)
    _go(page, reverse("passwords:result", args=[outcome.reset_id]))


def result_shown(page: Page, cast: Cast) -> None:
    """See the password on the screen."""
    result(page, cast)
    _button(page, "Show password")
    page.locator("[data-secret-value]").wait_for()


def result_already_shown(page: Page, cast: Cast) -> None:
    """Come back to it."""
    result_shown(page, cast)
    page.reload()


def result_in_panel(page: Page, cast: Cast) -> None:
    """See the password in the panel."""
    open_panel("adele", "Reset password of Adele Vance")(page, cast)
    _button(page, "Reset password")
    page.get_by_role("dialog", name="Password has been reset").wait_for()
    _button(page, "Show password")
    page.locator("[data-secret-value]").wait_for()


def import_preview(page: Page, cast: Cast) -> None:
    """Upload a file with a faulty row."""
    people = as_file(listed_people(12, domain=cast.domain)) + b"not a user name,A,B,\r\n"
    _go(page, reverse("users:import"))
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": people}
    page.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]  # as playwright takes it
    _button(page, "Check the rows")
    page.get_by_role("heading", name="Check before adding").wait_for()


def import_refused(page: Page, cast: Cast) -> None:
    """Upload nothing."""
    _go(page, reverse("users:import"))
    _button(page, "Check the rows")
    page.get_by_role("alert").first.wait_for()


def import_result(page: Page, cast: Cast) -> None:
    """Add the good rows."""
    import_preview(page, cast)
    page.get_by_label("Leave the faulty rows out and add the others").check()
    _button(page, "Add users")
    page.get_by_role("heading", name="Users added").wait_for()


def one_event(route: str) -> Way:
    """Return the way to the newest event of the one who looks."""

    def way(page: Page, cast: Cast) -> None:
        reset_cast.reset(cast, "adele.vance", actor="global.admin")
        events = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, actor_id=cast["global.admin"].pk)
        _go(page, reverse(route, args=[events.latest("occurred_at").uid]))

    return way


def one_letter(route: str) -> Way:
    """Return the way to the newest letter of the trial's inbox."""

    def way(page: Page, cast: Cast) -> None:
        reset_cast.reset(cast, "adele.vance", deliver_to_alternate=True)
        deliver(cast)
        letters = DevMessage.objects.filter(text__contains="/reveal/")
        _go(page, reverse(route, args=[letters.latest("created_at").pk]))

    return way


def add_user_refused(page: Page, cast: Cast) -> None:
    """Send the form of a new person empty."""
    _go(page, reverse("passwords:add-user"))
    _button(page, "Add user")
    page.get_by_role("alert").first.wait_for()


def pick_in_panel(page: Page, cast: Cast) -> None:
    """Open the picker over the home page."""
    _go(page, reverse("centre:home"))
    page.get_by_role("link", name="Reset a password").click()
    page.get_by_role("dialog", name="Reset password").wait_for()


def open_filter(page: Page, cast: Cast) -> None:
    """Unfold the filter of the audit log."""
    _go(page, reverse("centre:audit"))
    page.locator("summary", has_text="Filter").click()


def open_account_menu(page: Page, cast: Cast) -> None:
    """Unfold the menu of who is signed in."""
    _go(page, reverse("centre:home"))
    page.locator("summary", has_text="Account menu").click()


def shown_error(name: str) -> Way:
    """Return the way to an error page."""
    return lambda page, cast: _go(page, reverse("shown-error", args=[name]))


def warm_up(cast: Cast) -> None:
    """Let something have happened, so that lists are not empty."""
    with within(cast.tenant):
        reset_cast.reset(cast, "adele.vance", actor="global.admin", deliver_to_alternate=True)
        reset_cast.reset(cast, "diego.siciliani", password=PASSWORD + "-9")
    deliver(cast)
