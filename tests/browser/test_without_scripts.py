"""The main job without JavaScript, and in a window that is 320 pixels wide."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from adminportal.outbox.models import OutboundMessage
from tests.adminportal.outbox_cast import deliver_all
from tests.browser.portal import NARROW, WIDE, Portal, change_password, misfits, sign_in
from tests.cast import PASSWORD, Cast
from tests.services.smtp import SmtpSink

pytestmark = pytest.mark.browser

OWN_PASSWORD = "Fjord-Lantern-58-Orbit"


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "at 320 pixels"])
def test_reset_reveal_and_change_work(portal: Portal, cast: Cast, smtp_sink: SmtpSink, scripts: bool) -> None:
    size = NARROW if scripts else WIDE
    admin = portal.tab(scripts=scripts, size=size)
    sign_in(admin, user_name=cast["helpdesk.admin"].user_principal_name, password=PASSWORD)
    admin.get_by_role("heading", name="Home").wait_for()
    _fits(admin, size)
    admin.goto("/users/active")
    _fits(admin, size)
    search = admin.get_by_role("searchbox", name="Search active users")
    search.fill("adele")
    search.press("Enter")
    admin.get_by_role("link", name="Reset password of Adele Vance").click()
    admin.get_by_role("button", name="Reset password").last.wait_for()
    _fits(admin, size)
    admin.get_by_label("Email the sign-in info to the user's alternate address").check()
    admin.get_by_role("button", name="Reset password").last.click()
    admin.get_by_role("button", name="Show password").wait_for()
    _fits(admin, size)

    visitor = portal.tab(scripts=scripts, size=size)
    visitor.goto(_link(smtp_sink))
    _fits(visitor, size)
    visitor.get_by_role("button", name="Show password").click()
    shown = visitor.locator("[data-secret-value]").inner_text()
    _fits(visitor, size)
    visitor.get_by_role("link", name=re.compile("signin$")).click()
    sign_in(visitor, user_name=cast["adele.vance"].user_principal_name, password=shown)
    visitor.get_by_role("heading", name="Update your password").wait_for()
    _fits(visitor, size)
    change_password(visitor, old=shown, new=OWN_PASSWORD)
    _fits(visitor, size)

    admin.get_by_role("button", name="Show password").click()
    expect(admin.get_by_text("The user has chosen a password of their own since.").first).to_be_visible()
    assert shown not in admin.content()
    _fits(admin, size)


def _fits(page: Page, size: tuple[int, int]) -> None:
    if size == NARROW:
        assert misfits(page) == [], page.url


def _link(sink: SmtpSink) -> str:
    deliver_all(OutboundMessage.objects.all())
    letters = [mail.body() for mail in sink.received if "/reveal/" in mail.body()]
    assert len(letters) == 1
    found = re.search(rf"{settings.PUBLIC_URL}/reveal/\S+", letters[0])
    assert found is not None
    return found[0]
