"""Ways to the pages of what is done to many people at once."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.atlas import go, press
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
