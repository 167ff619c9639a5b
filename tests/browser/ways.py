"""Ways to the states of pages that take more than an address."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page

from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import DevMessage, OutboundMessage
from tests.browser.atlas import Way, deliver, go, press
from tests.cast import PASSWORD, Cast
from tests.passwords import reset_cast
from tests.people_files import FAULTY, content_of


def type_name(page: Page, cast: Cast) -> None:
    """Be asked for the password."""
    go(page, reverse("users:signin"))
    page.get_by_role("textbox", name="User name").fill(cast["adele.vance"].user_principal_name)
    press(page, "Next")
    page.get_by_role("heading", name="Enter password").wait_for()


def type_wrong_password(page: Page, cast: Cast) -> None:
    """Fail to sign in."""
    type_name(page, cast)
    page.get_by_role("textbox", name="Password", exact=True).fill("not it")
    press(page, "Sign in")
    page.get_by_role("alert").first.wait_for()


def link_ready(page: Page, cast: Cast) -> None:
    """Open a one-time link."""
    reset_cast.reset(cast, "adele.vance", deliver_to_alternate=True)
    deliver(cast)
    letters = OutboundMessage.objects.filter(about_user_id=cast["adele.vance"].pk).filter(link_purpose="reveal")
    go(page, reset_cast.link_of(letters.latest("created_at")))


def link_shown(page: Page, cast: Cast) -> None:
    """Open a one-time link and press its button."""
    link_ready(page, cast)
    press(page, "Show password")
    page.locator("[data-secret-value]").wait_for()


def link_used(page: Page, cast: Cast) -> None:
    """Open a one-time link a second time."""
    link_shown(page, cast)
    page.goto(page.url)


def must_change(page: Page, cast: Cast) -> None:
    """Sign in with a temporary password."""
    typed = reset_cast.shown(cast, reset_cast.reset(cast, "diego.siciliani"))
    go(page, reverse("users:signin"))
    page.get_by_role("textbox", name="User name").fill(cast["diego.siciliani"].user_principal_name)
    press(page, "Next")
    page.get_by_role("textbox", name="Password", exact=True).fill(typed)
    press(page, "Sign in")
    page.get_by_role("heading", name="Update your password").wait_for()


def change_refused(page: Page, cast: Cast) -> None:
    """Choose a password that breaks rules."""
    go(page, reverse("passwords:change"))
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("textbox", name="New password").first.fill("grady")
    page.get_by_label("Confirm new password").fill("grady")
    press(page, "Submit")
    page.get_by_role("alert").first.wait_for()


def open_panel(search: str, link: str) -> Way:
    """Return the way to a panel over the grid."""

    def way(page: Page, cast: Cast) -> None:
        go(page, f"{reverse('users:active')}?search={search}")
        page.get_by_role("link", name=link, exact=True).click()
        page.get_by_role("dialog").wait_for()

    return way


def point_at_protected(page: Page, cast: Cast) -> None:
    """Point at a key that does nothing, which says why."""
    go(page, reverse("users:active"))
    page.locator(".grid__row button[data-off]").first.hover()
    page.get_by_role("tooltip").filter(visible=True).wait_for()


def open_row_menu(page: Page, cast: Cast) -> None:
    """Open the menu of a row."""
    go(page, f"{reverse('users:active')}?search=adele")
    page.locator("summary[aria-label='More for Adele Vance']").click()


def own_password_typed(page: Page, cast: Cast) -> None:
    """Type a password in the panel and be refused."""
    open_panel("adele", "Reset password of Adele Vance")(page, cast)
    page.get_by_label("Let me create the password").check()
    page.get_by_role("textbox", name="Password").fill("adele")
    page.get_by_text("Not met:").first.wait_for()
    press(page, "Reset password")
    page.get_by_role("dialog").get_by_role("alert").first.wait_for()


def result(page: Page, cast: Cast) -> None:
    """See how a reset ended whose mails were sent."""
    outcome = reset_cast.reset(
        cast, "adele.vance", actor="global.admin", deliver_to=("desk@contoso.example",), deliver_to_alternate=True
    )
    deliver(cast)
    go(page, reverse("passwords:result", args=[outcome.reset_id]))


def result_shown(page: Page, cast: Cast) -> None:
    """See the password on the screen."""
    result(page, cast)
    press(page, "Show password")
    page.locator("[data-secret-value]").wait_for()


def result_already_shown(page: Page, cast: Cast) -> None:
    """Come back to it."""
    result_shown(page, cast)
    page.reload()


def result_in_panel(page: Page, cast: Cast) -> None:
    """See the password in the panel."""
    open_panel("adele", "Reset password of Adele Vance")(page, cast)
    press(page, "Reset password")
    page.get_by_role("dialog", name="Password has been reset").wait_for()
    press(page, "Show password")
    page.locator("[data-secret-value]").wait_for()


def import_preview(page: Page, cast: Cast) -> None:
    """Upload a file with faulty rows."""
    go(page, reverse("users:import"))
    file = {"name": FAULTY, "mimeType": "text/csv", "buffer": content_of(FAULTY)}
    page.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]  # as playwright takes it
    press(page, "Check the rows")
    page.get_by_role("heading", name="Check before adding").wait_for()


def import_refused(page: Page, cast: Cast) -> None:
    """Upload nothing."""
    go(page, reverse("users:import"))
    press(page, "Check the rows")
    page.get_by_role("alert").first.wait_for()


def import_result(page: Page, cast: Cast) -> None:
    """Add the good rows."""
    import_preview(page, cast)
    page.get_by_label("Leave the faulty rows out and add the others").check()
    press(page, "Add users")
    page.get_by_role("heading", name="Users added").wait_for()


def one_event(route: str) -> Way:
    """Return the way to the newest event of the one who looks."""

    def way(page: Page, cast: Cast) -> None:
        reset_cast.reset(cast, "adele.vance", actor="global.admin")
        events = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, actor_id=cast["global.admin"].pk)
        go(page, reverse(route, args=[events.latest("occurred_at").uid]))

    return way


def one_letter(route: str) -> Way:
    """Return the way to the newest letter of the trial's inbox."""

    def way(page: Page, cast: Cast) -> None:
        reset_cast.reset(cast, "adele.vance", deliver_to_alternate=True)
        deliver(cast)
        letters = DevMessage.objects.filter(text__contains="/reveal/")
        go(page, reverse(route, args=[letters.latest("created_at").pk]))

    return way


def add_user_refused(page: Page, cast: Cast) -> None:
    """Send the form of a new person empty."""
    go(page, reverse("passwords:add-user"))
    press(page, "Add user")
    page.get_by_role("alert").first.wait_for()


def pick_in_panel(page: Page, cast: Cast) -> None:
    """Open the picker over the home page."""
    go(page, reverse("centre:home"))
    page.get_by_role("link", name="Reset a password").click()
    page.get_by_role("dialog", name="Reset password").wait_for()


def open_filter(page: Page, cast: Cast) -> None:
    """Unfold the filter of the audit log."""
    go(page, reverse("centre:audit"))
    page.locator("summary", has_text="Filter").click()


def open_account_menu(page: Page, cast: Cast) -> None:
    """Unfold the menu of who is signed in."""
    go(page, reverse("centre:home"))
    page.locator("summary", has_text="Account menu").click()


def message_trace(page: Page, cast: Cast) -> None:
    """See in the trace that a link was opened."""
    link_shown(page, cast)
    go(page, reverse("centre:messages"))


def shown_error(name: str) -> Way:
    """Return the way to an error page."""
    return lambda page, cast: go(page, reverse("shown-error", args=[name]))
