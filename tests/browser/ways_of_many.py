"""Ways to the pages of what is done to many people at once."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.atlas import Way, go, press
from tests.cast import Cast


def tick_people(page: Page, cast: Cast) -> None:
    """Tick two rows."""
    go(page, reverse("users:active"))
    for number in (0, 1):
        page.locator("[data-grid-tick]:enabled").nth(number).check()


def tick_page(page: Page, cast: Cast) -> None:
    """Tick all rows of the page and open what else can be done."""
    go(page, reverse("users:active"))
    page.locator("[data-grid-all]").check()
    page.locator("summary[aria-label='More for the selected people']").click()


def tick_nobody(page: Page, cast: Cast) -> None:
    """Take all ticks away behind the back of the page, and go on."""
    tick_people(page, cast)
    page.evaluate("""() => {
      for (const box of document.querySelectorAll("[data-grid-tick]")) box.checked = false;
      sessionStorage.clear();
    }""")
    press(page, "Block sign-in")
    page.get_by_role("alert").wait_for()


def choose_everyone(act: str, *, search: str = "") -> Way:
    """Return the way to the preview of what would be done to everyone of a search."""

    def way(page: Page, cast: Cast) -> None:
        go(page, f"{reverse('users:active')}?search={search}&select=all")
        if act in ("Reset password", "Force a password change", "Block sign-in", "Sign out everywhere"):
            press(page, act)
        else:
            page.locator("summary[aria-label='More for the selected people']").click()
            page.get_by_role("button", name=act, exact=True).locator("visible=true").click()
        page.get_by_role("heading", name="What will happen").wait_for()

    return way


def choose_blind(page: Page, cast: Cast) -> None:
    """Let everybody get a link, and see the preview follow."""
    choose_everyone("Reset password")(page, cast)
    page.get_by_label("Send each user a one-time link and show me no password").check()
    page.get_by_text("They have no alternate address to send a link to.").wait_for()


def list_those_left_out(page: Page, cast: Cast) -> None:
    """See everyone who would be left out."""
    choose_everyone("Reset password")(page, cast)
    page.get_by_role("link", name="See everyone who is left out").click()
    page.get_by_role("heading", name="Left out").wait_for()


def paste_list(page: Page, cast: Cast) -> None:
    """Paste user names of which one is nobody's and one is written twice."""
    go(page, reverse("passwords:bulk-list"))
    names = [cast["adele.vance"], cast["diego.siciliani"], cast["adele.vance"], cast["global.admin"]]
    lines = [each.user_principal_name for each in names]
    page.get_by_label("Or paste user names").fill("\n".join([*lines, "nobody@contoso.example"]))
    press(page, "Next")
    page.get_by_role("heading", name="What will happen").wait_for()
    for summary in page.locator(".bulk__names summary").all():
        summary.click()


def send_empty_list(page: Page, cast: Cast) -> None:
    """Send no list."""
    go(page, reverse("passwords:bulk-list"))
    press(page, "Next")
    page.get_by_role("alert").first.wait_for()
