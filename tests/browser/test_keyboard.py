"""The main job with the keyboard alone: every step is reached with Tab, seen, and gives the focus back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.portal import Portal, has_focus, tab_to
from tests.cast import PASSWORD, Cast
from tests.passwords.reset_cast import link_of, message_to, reset

pytestmark = pytest.mark.browser


def test_administrator_resets_a_password_without_a_mouse(portal: Portal, cast: Cast) -> None:
    page = portal.tab()
    page.goto("/signin")
    assert has_focus(page.get_by_role("textbox", name="User name"))
    page.keyboard.type(cast["helpdesk.admin"].user_principal_name)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Enter password").wait_for()
    assert has_focus(page.get_by_role("textbox", name="Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Home").wait_for()

    page.keyboard.press("/")
    assert has_focus(page.get_by_role("searchbox", name="Search", exact=True))
    page.keyboard.type("reset adele")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Commands").wait_for()
    key = page.get_by_role("link", name="Reset password of Adele Vance")
    tab_to(page, key)
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Reset password")
    panel.wait_for()
    tab_to(page, panel.get_by_role("button", name="Reset password"))
    page.keyboard.press("Enter")

    result = page.get_by_role("dialog", name="Password has been reset")
    result.wait_for()
    tab_to(page, result.get_by_role("button", name="Show password"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-secret-value]")).to_be_visible()
    tab_to(page, result.get_by_role("button", name="Copy", exact=True).last)
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert has_focus(key)


def test_typed_password_is_judged_and_taken_without_a_mouse(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/users/active?search=adele")
    tab_to(page, page.get_by_role("link", name="Reset password of Adele Vance"))
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Reset password")
    panel.wait_for()

    tab_to(page, panel.get_by_role("radio", name="Automatically create a password"))
    page.keyboard.press("ArrowDown")
    tab_to(page, panel.get_by_role("textbox", name="Password"))
    page.keyboard.type("adele")
    expect(panel.get_by_role("list", name="Rules for the password")).to_contain_text("Not met:")
    page.keyboard.press("Enter")
    panel.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.matches('[data-form-errors]')")
    tab_to(page, panel.get_by_role("textbox", name="Password"))
    page.keyboard.type("Quiet-Harbour-63-Maple")
    expect(panel.get_by_role("list", name="Rules for the password")).not_to_contain_text("Not met:")
    page.keyboard.press("Enter")

    page.get_by_role("dialog", name="Password has been reset").wait_for()


def test_protected_person_keeps_a_button_that_says_why_and_leads_on(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["helpdesk.admin"])
    page.goto("/users/active?search=global.admin")
    button = page.get_by_role("button", name="Reset password of Global Admin", disabled=True)

    tab_to(page, button)

    expect(button).to_have_accessible_description(re.compile("holds Global Administrator"))
    expect(page.get_by_role("tooltip").filter(visible=True)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_employee_takes_the_password_and_chooses_an_own_one_without_a_mouse(portal: Portal, cast: Cast) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True)
    page = portal.tab()
    page.goto(link_of(message_to("adele.vance.contoso@mail.example")))
    tab_to(page, page.get_by_role("button", name="Show password"))
    page.keyboard.press("Enter")
    temporary = page.get_by_label("Password", exact=True).inner_text()
    tab_to(page, page.get_by_role("link", name="/signin"))
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Sign in").wait_for()
    assert has_focus(page.get_by_role("textbox", name="User name"))
    page.keyboard.type(cast["adele.vance"].user_principal_name)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Enter password").wait_for()
    page.keyboard.type(temporary)
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Update your password").wait_for()
    assert has_focus(page.get_by_label("Current password"))
    page.keyboard.type(temporary)
    tab_to(page, page.get_by_role("textbox", name=re.compile("^New password")))
    page.keyboard.type("Quiet-Harbour-63-Maple")
    tab_to(page, page.get_by_label("Confirm new password"))
    page.keyboard.type("Quiet-Harbour-63-Maple")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Your password has been changed").wait_for()
    tab_to(page, page.get_by_role("link", name="Continue"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="My account").wait_for()
