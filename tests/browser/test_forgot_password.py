"""The sentence that self-service is for: forgot, proved by mail and text, chose anew, signed in, still asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from adminportal import captcha, clock
from tests.browser.portal import Portal, sign_in
from tests.browser.sheets_of_wizard import enable
from tests.browser.test_wizard import PHONE, code_in_inbox
from tests.cast import PASSWORD, Cast
from tests.sspr.self_service import knows
from tests.sspr.wizard_ways import MOBILE, NEW_PASSWORD
from tests.users.app_ways import registers_app
from users.models import Session, Tenant, TrustedDevice
from users.tenancy import across_tenants

pytestmark = pytest.mark.browser

BOSS_MAIL, ADMIN = "boss@mail.example", "global.admin"


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_administrator_gets_back_in_and_is_still_asked_for_the_second_factor(
    portal: Portal, cast: Cast, scripts: bool
) -> None:
    enable(cast, must_register=False)
    Tenant.objects.update(admin_mfa_required=True)
    knows(cast, ADMIN, email=BOSS_MAIL, mobile=MOBILE)
    app, user_name = registers_app(cast, ADMIN), cast[ADMIN].user_principal_name
    trusted = portal.tab(size=PHONE, scripts=scripts)
    sign_in(trusted, user_name=user_name, password=PASSWORD)
    trusted.get_by_label("Do not ask again in this browser").check()
    trusted.get_by_label("Code", exact=True).fill(app.at(clock.now()))
    trusted.keyboard.press("Enter")
    trusted.get_by_role("heading", name="Home").wait_for()

    with clock.travel(timedelta(minutes=1)):
        trusted.context.clear_cookies(name="session")
        trusted.goto("/signin")
        trusted.get_by_role("textbox", name="User name").fill(user_name)
        trusted.get_by_role("button", name="Next").click()
        trusted.get_by_role("link", name="Forgot password", exact=True).click()
        expect(trusted.get_by_role("textbox", name="User ID")).to_have_value(user_name)
        _walk(trusted, cast, scripts=scripts)

        assert not _alive_sessions(cast)
        sign_in(trusted, user_name=user_name, password=NEW_PASSWORD)
        trusted.wait_for_url("**/signin/second-factor**")
        trusted.goto("/users/active")
        trusted.wait_for_url("**/signin/second-factor**")
        trusted.get_by_label("Code", exact=True).fill(app.at(clock.now()))
        trusted.keyboard.press("Enter")
        trusted.get_by_role("heading", name="Active users").wait_for()


def _walk(page: Page, cast: Cast, *, scripts: bool) -> None:
    """Give the user ID, prove by mail and by text, and choose a new password."""
    if not scripts:
        token = page.locator("[name=captcha]").get_attribute("value") or ""
        page.locator("[name=captcha_text]").fill(captcha.text_of(token, now=clock.now()))
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Email").click()
    page.locator("[name=code]").fill(code_in_inbox(cast, BOSS_MAIL))
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("link", name="Email my alternate email")).to_have_count(0)
    page.get_by_role("link", name="Text my mobile phone").click()
    page.get_by_label("Phone number").fill(MOBILE)
    page.get_by_role("button", name="Text").click()
    page.locator("[name=code]").fill(code_in_inbox(cast, MOBILE))
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Enter new password").fill(NEW_PASSWORD)
    page.get_by_label("Confirm new password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("heading", name="Your password has been reset").wait_for()


def _alive_sessions(cast: Cast) -> int:
    with across_tenants():
        assert not TrustedDevice.objects.filter(user=cast[ADMIN], revoked_at=None).exists()
        return Session.objects.filter(user=cast[ADMIN], ended_at=None).count()
