"""Forgot password on a phone: by keyboard alone, in four languages, without scripts, judged by axe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from adminportal import clock
from adminportal.outbox.models import DevMessage
from passwords.models import PasswordRequest
from sspr.services.ask_handlers import settle_public_asks
from tests.browser.atlas import deliver
from tests.browser.portal import NARROW, Portal, misfits, sign_in, tab_to, violations
from tests.browser.sheets_of_wizard import enable
from tests.cast import Cast
from tests.sspr.wizard_ways import MAIL, MOBILE, NEW_PASSWORD
from users.tenancy import within

pytestmark = pytest.mark.browser

PHONE = (390, 844)
CODE = re.compile(r"\b(\d{8}|\d{6})\b")
LOCALES = {"en": "en-GB", "nb": "nb-NO", "sv": "sv-SE", "da": "da-DK"}


def code_in_inbox(cast: Cast, to: str) -> str:
    """Return the newest code that reached an address or a number, whatever notices came with it."""
    deliver(cast)
    digits = re.sub(r"\D", "", to)
    newest_first = DevMessage.objects.filter(to__in=(to, f"+{digits}")).order_by("-created_at", "-id")
    found = (CODE.search(message.text.replace(to, "")) for message in newest_first)
    return next(code[1] for code in found if code is not None)


def press_enter_on(page: Page, selector: str) -> None:
    """Reach something by Tab and press Enter."""
    tab_to(page, page.locator(selector))
    page.keyboard.press("Enter")


def type_into(page: Page, selector: str, text: str) -> None:
    """Reach a field by Tab, unless it has the focus, and type."""
    field = page.locator(selector)
    if not field.evaluate("one => one === document.activeElement"):
        tab_to(page, field)
    page.keyboard.type(text)


def judged(page: Page) -> None:
    """Axe finds nothing, and everything fits the window."""
    assert violations(page) == [], page.url
    assert misfits(page) == [], page.url


@pytest.mark.parametrize("language", LOCALES)
def test_person_gets_back_in_by_keyboard_alone_on_a_phone(portal: Portal, cast: Cast, language: str) -> None:
    enable(cast, gates_required=2)
    page = portal.tab(size=PHONE, locale=LOCALES[language])
    user_name = cast["adele.vance"].user_principal_name

    page.goto("/passwordreset")
    assert page.locator("html").get_attribute("lang") == language
    judged(page)
    type_into(page, "[name=user_name]", user_name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/passwordreset/step")
    judged(page)

    press_enter_on(page, ".wizard__send button[type=submit]")
    page.wait_for_url("**method=email")
    judged(page)
    type_into(page, "[name=code]", code_in_inbox(cast, MAIL))
    page.keyboard.press("Enter")
    page.wait_for_url("**/passwordreset/step")

    type_into(page, "[name=number]", MOBILE)
    page.keyboard.press("Enter")
    page.wait_for_url("**method=mobile_sms")
    type_into(page, "[name=code]", code_in_inbox(cast, MOBILE))
    page.keyboard.press("Enter")

    page.locator("[name=new_password]").wait_for()
    judged(page)
    type_into(page, "[name=new_password]", NEW_PASSWORD)
    expect(page.locator(".rules__rule--broken")).to_have_count(0)
    type_into(page, "[name=confirm_password]", NEW_PASSWORD)
    page.keyboard.press("Enter")

    page.locator(".public-card__title").wait_for()
    page.wait_for_load_state()
    judged(page)
    press_enter_on(page, ".btn-primary")
    page.wait_for_url("**/signin")
    if language == "en":
        sign_in(page, user_name=user_name, password=NEW_PASSWORD)
        page.wait_for_url("**/account")


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrowest"])
def test_wizard_works_without_scripts(portal: Portal, cast: Cast, size: tuple[int, int]) -> None:
    from adminportal import captcha

    enable(cast)
    page = portal.tab(size=size, scripts=False)
    page.goto("/passwordreset?username=adele.vance@contoso.example")
    token = page.locator("[name=captcha]").get_attribute("value") or ""
    page.locator("[name=captcha_text]").fill(captcha.text_of(token, now=clock.now()))
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Email").click()
    page.locator("[name=code]").fill(code_in_inbox(cast, MAIL))
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Enter new password").fill(NEW_PASSWORD)
    page.get_by_label("Confirm new password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Finish").click()

    page.get_by_role("heading", name="Your password has been reset").wait_for()


def test_back_and_reload_are_safe(portal: Portal, cast: Cast) -> None:
    enable(cast)
    page = portal.tab(size=PHONE)
    page.goto("/passwordreset?username=adele.vance@contoso.example")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Email").click()
    page.locator("[name=code]").fill(code_in_inbox(cast, MAIL))
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Confirm new password").wait_for()

    page.go_back()
    page.reload()

    page.get_by_label("Confirm new password").wait_for()


def test_try_again_appears_after_ten_seconds(portal: Portal, cast: Cast) -> None:
    enable(cast)
    page = portal.tab(size=PHONE)
    page.clock.install()
    page.goto("/passwordreset?username=adele.vance@contoso.example")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Email").click()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_hidden()
    expect(page.get_by_text("You can try again in")).to_be_visible()

    page.clock.run_for(11_000)

    expect(again).to_be_visible()


def test_person_who_cannot_asks_an_administrator_who_finds_the_request(portal: Portal, cast: Cast) -> None:
    enable(cast)
    page = portal.tab(size=PHONE)
    page.goto("/passwordreset?username=diego.siciliani@contoso.example")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Contact your administrator").click()
    judged(page)
    page.get_by_role("button", name="Send a request").click()
    page.get_by_role("heading", name="Your administrators are told").wait_for()
    settle_public_asks(clock.now())

    desk = portal.tab(cast["helpdesk.admin"])
    desk.goto("/passwords/requests")
    expect(desk.locator(".sidenav__count")).to_contain_text("1")
    desk.get_by_role("link", name="Diego Siciliani").click()
    desk.get_by_role("button", name="Take").click()
    desk.get_by_role("link", name="Reset password").last.click()
    desk.get_by_role("dialog").get_by_role("button", name="Reset password").click()
    desk.get_by_role("dialog", name="Password has been reset").wait_for()

    with within(cast.tenant):
        assert PasswordRequest.objects.get().state == "done"
