"""A reset shown on the screen: once, to one person, and gone afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.portal import Portal
from tests.cast import Cast

pytestmark = pytest.mark.browser

ALREADY = "The password was already shown"


def test_password_of_a_reset_is_shown_once_in_the_panel(portal: Portal, cast: Cast) -> None:
    admin = portal.tab(cast["helpdesk.admin"])
    admin.goto("/users/active?search=adele")
    admin.get_by_role("link", name="Reset password of Adele Vance").click()
    admin.get_by_role("dialog").get_by_role("button", name="Reset password").click()
    result = admin.get_by_role("dialog", name="Password has been reset")
    result.get_by_text("••••").first.wait_for()
    assert admin.locator("[data-secret-value]").count() == 0

    result.get_by_role("button", name="Show password").click()
    shown = _shown(admin)
    admin.keyboard.press("Escape")

    expect(admin.get_by_role("dialog")).to_have_count(0)
    assert shown not in admin.content()
    admin.go_back()
    admin.get_by_text(ALREADY).wait_for()
    assert shown not in admin.content()


def test_password_of_a_reset_is_shown_once_on_a_page_of_its_own(portal: Portal, cast: Cast) -> None:
    admin = portal.tab(cast["helpdesk.admin"])
    admin.goto(f"/passwords/reset/{cast['adele.vance'].pk}")
    admin.get_by_role("button", name="Reset password").click()
    admin.get_by_role("button", name="Show password").click()
    shown = _shown(admin)

    admin.get_by_role("button", name="Copy", exact=True).last.click()
    admin.get_by_role("button", name="Copied").wait_for()
    admin.get_by_role("button", name="Hide").click()
    expect(admin.locator("[data-secret-value]")).to_be_hidden()
    assert _pasted(admin) == shown
    admin.reload()

    admin.get_by_text(ALREADY).wait_for()
    assert shown not in admin.content()


@pytest.mark.parametrize("way", ["panel", "page"])
def test_back_button_does_not_bring_the_password_back(portal: Portal, cast: Cast, way: str) -> None:
    admin = portal.tab(cast["helpdesk.admin"])
    if way == "panel":
        admin.goto("/users/active?search=adele")
        admin.get_by_role("link", name="Reset password of Adele Vance").click()
    else:
        admin.goto(f"/passwords/reset/{cast['adele.vance'].pk}")
    admin.get_by_role("button", name="Reset password").last.click()
    admin.get_by_role("button", name="Show password").click()
    shown = _shown(admin)

    admin.goto("/account")
    assert shown not in admin.content()
    admin.go_back()

    admin.get_by_role("heading", name="Password has been reset").first.wait_for()
    assert shown not in admin.content()
    admin.reload()
    admin.get_by_text(ALREADY).wait_for()


def _shown(page: Page) -> str:
    value = page.locator("[data-secret-value]")
    value.wait_for()
    shown = value.inner_text()
    assert len(shown) >= 8
    return shown


def _pasted(page: Page) -> str:
    """Return what the clipboard holds: pages of the portal may not read it, so it is pasted as people do."""
    field = page.get_by_role("searchbox", name="Search", exact=True)
    field.focus()
    page.keyboard.press("Control+V")
    pasted = field.input_value()
    field.fill("")
    return pasted
