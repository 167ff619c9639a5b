"""The second factor in a browser: set up, then a code, a recovery code, or a trusted browser."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from adminportal import clock
from tests.browser.portal import Portal, sign_in
from tests.cast import PASSWORD, Cast
from users.models import Tenant

pytestmark = pytest.mark.browser
ADMIN = "global.admin"


def _sign_in(page: Page, cast: Cast) -> None:
    sign_in(page, user_name=cast[ADMIN].user_principal_name, password=PASSWORD)


def _type(page: Page, label: str, code: str) -> None:
    page.get_by_label(label, exact=True).fill(code)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_app_is_set_up_and_asked_for_and_a_recovery_code_or_trust_stands_in(
    portal: Portal, cast: Cast, scripts: bool
) -> None:
    Tenant.objects.update(admin_mfa_required=True)
    first = portal.tab(scripts=scripts)

    _sign_in(first, cast)
    first.get_by_role("heading", name="Set up an authenticator app").wait_for()
    first.get_by_text("I cannot scan it").click()
    app = pyotp.TOTP("".join(first.locator(".key-letters span").all_text_contents()))
    _type(first, "Code", app.at(clock.now()))
    first.get_by_role("heading", name="Keep your recovery codes").wait_for()
    codes = first.locator(".recovery__codes code").all_text_contents()
    first.get_by_role("link", name="Continue").click()
    first.get_by_role("heading", name="Home").wait_for()

    with clock.travel(timedelta(minutes=1)):
        desk = portal.tab(scripts=scripts)
        _sign_in(desk, cast)
        desk.get_by_label("Do not ask again in this browser").check()
        _type(desk, "Code", app.at(clock.now()))
        desk.get_by_role("heading", name="Home").wait_for()
        desk.context.clear_cookies(name="session")
        _sign_in(desk, cast)
        desk.get_by_role("heading", name="Home").wait_for()

        elsewhere = portal.tab(scripts=scripts)
        _sign_in(elsewhere, cast)
        elsewhere.get_by_role("link", name="Use a recovery code").click()
        _type(elsewhere, "Recovery code", codes[0])
        expect(elsewhere.get_by_text("You have 9 left.")).to_be_visible()
        elsewhere.get_by_role("link", name="Continue").click()
        elsewhere.get_by_role("heading", name="Home").wait_for()


def test_key_of_an_app_is_copied_or_opened_on_the_phone_and_gone_on_the_way_back(portal: Portal, cast: Cast) -> None:
    page = portal.tab(cast["adele.vance"], size=(390, 844))
    page.goto("/account/security-info/app")
    page.get_by_text("I cannot scan it").click()
    key = "".join(page.locator(".key-letters span").all_text_contents())
    address = page.get_by_role("link", name="Open in the app on this phone").get_attribute("href") or ""

    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Copied").wait_for()
    page.get_by_label("Code", exact=True).focus()
    page.keyboard.press("Control+V")

    assert page.get_by_label("Code", exact=True).input_value() == key == pyotp.parse_uri(address).secret
    page.goto("/account")
    page.go_back()
    assert key not in page.content()


def test_recovery_codes_are_gone_on_the_way_back(portal: Portal, cast: Cast) -> None:
    Tenant.objects.update(admin_mfa_required=True)
    page = portal.tab()
    _sign_in(page, cast)
    page.get_by_text("I cannot scan it").click()
    app = pyotp.TOTP("".join(page.locator(".key-letters span").all_text_contents()))
    _type(page, "Code", app.at(clock.now()))
    code = page.locator(".recovery__codes code").first.text_content() or ""
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("heading", name="Home").wait_for()

    page.go_back()

    assert len(code) == 19
    assert code not in page.content()
