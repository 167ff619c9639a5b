"""An administrator, still signed in, forgot the password: contact data first, then out, and in by two proofs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from adminportal import clock
from adminportal.outbox.models import DevMessage
from sspr.models import Reach, SsprPolicy
from tests.browser.atlas import deliver
from tests.browser.portal import Portal, misfits, sign_in, violations
from tests.cast import PASSWORD, Cast
from tests.sspr.wizard_ways import NEW_PASSWORD
from users.models import Contact, ContactKind, Session
from users.services.contacts import carry_out_due
from users.tenancy import within

pytestmark = pytest.mark.browser
NAME, MAIL, OLD_NUMBER, NUMBER = "helpdesk.admin", "helpdesk@mail.example", "+1 202 555 0171", "+1 202 555 0142"
PHONE = (390, 844)
CODE = re.compile(r"\b(\d{8}|\d{6})\b")
ALERT = "Forgot your password while you are signed in?"


def knows(cast: Cast, *, is_proven: bool) -> None:
    """Let the organization know an address, and a number that is no longer the person's."""
    now = clock.now()
    SsprPolicy.objects.create(tenant=cast.tenant, reach=Reach.ALL, must_register=False)
    for kind, value in ((ContactKind.ALTERNATE_EMAIL, MAIL), (ContactKind.MOBILE_PHONE, OLD_NUMBER)):
        with within(cast.tenant):
            facts = {"value": value, "changed_at": now, "proven_at": now if is_proven else None}
            Contact.objects.create(tenant=cast.tenant, user=cast[NAME], kind=kind, **facts)


def an_hour_later(portal: Portal, cast: Cast) -> Page:
    """Open a window in which the person signed in so long ago that no proof is fresh."""
    tab = portal.tab(cast[NAME], size=PHONE)
    Session.objects.filter(user=cast[NAME]).update(proven_at=clock.now() - timedelta(hours=1))
    return tab


def code_in_inbox(cast: Cast, to: str) -> str:
    """Return the code of the newest message that reached an address or a number."""
    deliver(cast)
    places = (to, "+" + re.sub(r"\D", "", to))
    messages = DevMessage.objects.filter(to__in=places).order_by("-created_at")
    codes = [CODE.search(message.text.replace(to, "")) for message in messages]
    return next(code[1] for code in codes if code)


def judged(page: Page) -> None:
    """Axe finds nothing, and everything fits the window."""
    assert violations(page) == [], page.url
    assert misfits(page) == [], page.url


def leave_and_come_back(page: Page, cast: Cast) -> None:
    """Sign out, say that the password is forgotten, prove two different things, and sign in with the new one."""
    user_name = cast[NAME].user_principal_name
    page.goto("/account")
    page.locator("form[action='/signout']").first.evaluate("form => form.submit()")
    page.wait_for_url("**/signin")
    page.get_by_role("textbox", name="User name").fill(user_name)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Forgot password").click()
    expect(page.get_by_label("User ID")).to_have_value(user_name)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Email").click()
    page.locator("[name=code]").fill(code_in_inbox(cast, MAIL))
    page.get_by_role("button", name="Next").click()
    page.locator("[name=number]").fill(NUMBER)
    page.get_by_role("button", name="Text", exact=True).click()
    page.locator("[name=code]").fill(code_in_inbox(cast, NUMBER))
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Enter new password").fill(NEW_PASSWORD)
    page.get_by_label("Confirm new password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("heading", name="Your password has been reset").wait_for()
    sign_in(page, user_name=user_name, password=NEW_PASSWORD)
    page.get_by_role("heading", name="Home").wait_for()


def test_number_is_put_right_by_a_code_to_a_proven_address(portal: Portal, cast: Cast) -> None:
    knows(cast, is_proven=True)
    page = an_hour_later(portal, cast)
    page.goto("/account")
    expect(page.get_by_role("heading", name=ALERT)).to_be_visible()
    expect(page.get_by_text(MAIL)).to_be_visible()
    judged(page)

    page.get_by_role("link", name="Change Mobile phone").click()
    judged(page)
    page.get_by_role("link", name="Prove that it is me").click()
    page.get_by_role("link", name="Code sent to h•••@mail.example").click()
    page.get_by_role("button", name="Send a code to h•••@mail.example").click()
    page.locator("[name=code]").fill(code_in_inbox(cast, MAIL))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Phone number").fill(NUMBER)
    page.get_by_role("button", name="Text me a code").click()
    judged(page)
    page.locator("[name=code]").fill(code_in_inbox(cast, NUMBER))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It is changed.")).to_be_visible()
    expect(page.get_by_text(NUMBER)).to_be_visible()

    leave_and_come_back(page, cast)


def test_number_is_put_right_after_a_day_without_any_proof(portal: Portal, cast: Cast) -> None:
    knows(cast, is_proven=False)
    page = an_hour_later(portal, cast)
    page.goto("/account/contact/mobile-phone")
    page.get_by_label("Phone number").fill(NUMBER)
    page.get_by_role("button", name="Change after 24 hours").click()
    expect(page.get_by_text(f"Waiting: {NUMBER} from")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the change Mobile phone")).to_be_visible()
    expect(page.get_by_text(OLD_NUMBER)).to_be_visible()
    judged(page)
    deliver(cast)
    assert DevMessage.objects.filter(to=MAIL).exists()
    carry_out_due(clock.now() + timedelta(hours=24))

    leave_and_come_back(page, cast)


def test_keyboard_alone_registers_what_is_missing_at_sign_in(portal: Portal, cast: Cast) -> None:
    SsprPolicy.objects.create(tenant=cast.tenant, reach=Reach.ALL, gates=["email"])
    page = portal.tab(size=PHONE)
    sign_in(page, user_name=cast["diego.siciliani"].user_principal_name, password=PASSWORD)
    page.get_by_role("heading", name="More information required").wait_for()
    judged(page)

    page.get_by_role("button", name="Next").press("Enter")
    page.locator("[name=value]").press_sequentially("diego@mail.example")
    page.keyboard.press("Enter")
    page.locator("[name=code]").wait_for()
    page.locator("[name=code]").press_sequentially(code_in_inbox(cast, "diego@mail.example"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are set").wait_for()
    judged(page)
    page.get_by_role("link", name="Continue").press("Enter")

    page.get_by_role("heading", name="My account").wait_for()
