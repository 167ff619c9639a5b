"""Password requests in a browser: what the page shows after the panel above it has closed the request."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from tests.browser.portal import Portal
from tests.browser.sheets_of_requests import called
from tests.cast import Cast

pytestmark = pytest.mark.browser


def _commands(admin: Page) -> Locator:
    return admin.locator("#content")


def test_page_of_a_request_tells_what_the_panel_did(portal: Portal, cast: Cast) -> None:
    admin = portal.tab(cast["helpdesk.admin"])
    admin.goto(reverse("passwords:request", args=[called(cast)]))
    _commands(admin).get_by_role("link", name="Reset password").click()
    panel = admin.get_by_role("dialog")
    panel.get_by_role("button", name="Reset password").click()
    admin.get_by_role("dialog", name="Password has been reset").wait_for()

    admin.get_by_role("dialog").get_by_role("link", name="Close").last.click()

    expect(admin.get_by_text("Done", exact=True)).to_be_visible()
    expect(_commands(admin).get_by_role("link", name="Reset password")).to_have_count(0)
    expect(admin.get_by_role("dialog")).to_have_count(0)


def test_panel_that_changed_nothing_leaves_the_page_as_it_is(portal: Portal, cast: Cast) -> None:
    admin = portal.tab(cast["helpdesk.admin"])
    admin.goto(reverse("passwords:request", args=[called(cast)]))
    admin.evaluate("window.isTheSamePage = true")
    _commands(admin).get_by_role("link", name="Reset password").click()
    admin.get_by_role("dialog").wait_for()

    admin.keyboard.press("Escape")

    expect(admin.get_by_role("dialog")).to_have_count(0)
    assert admin.evaluate("window.isTheSamePage")
