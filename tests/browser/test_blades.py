"""Settings › Password reset in a browser: the list of blades on a telephone, and a group that is typed."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from adminportal import clock
from sspr.models import SsprPolicy
from tests.browser.portal import Portal
from tests.cast import Cast
from users.group_choice import OFFERED
from users.models import Group
from users.tenancy import within

pytestmark = pytest.mark.browser
PHONE = (390, 844)


@pytest.mark.parametrize("route", ["sspr:settings-properties", "sspr:insights", "sspr:try-it"])
def test_blade_that_is_open_is_in_sight_on_a_telephone(portal: Portal, cast: Cast, route: str) -> None:
    admin = portal.tab(cast["global.admin"], size=PHONE)
    admin.goto(reverse(route))

    current = admin.locator(".blades__nav [aria-current]")
    place = current.bounding_box()

    assert place is not None
    assert place["x"] >= 0 and place["x"] + place["width"] <= PHONE[0]
    assert admin.evaluate("scrollY") == 0
    assert admin.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_group_among_many_is_offered_and_chosen_by_keyboard(portal: Portal, cast: Cast) -> None:
    names = [*(f"Group {number:04}" for number in range(OFFERED)), "Zinc works"]
    with within(cast.tenant):
        Group.objects.bulk_create(Group(tenant=cast.tenant, name=name, created_at=clock.now()) for name in names)
    admin = portal.tab(cast["global.admin"])
    admin.goto(reverse("sspr:settings-properties"))
    offers = admin.locator("#group-names option")
    expect(offers).to_have_count(OFFERED)

    admin.get_by_label("None", exact=True).focus()
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("Tab")
    admin.keyboard.type("zinc")
    expect(offers).to_have_count(1)
    expect(offers).to_have_attribute("value", "Zinc works")
    admin.keyboard.type(" works")
    admin.keyboard.press("Enter")
    admin.get_by_text("The settings are saved").wait_for()

    assert SsprPolicy.objects.filter(tenant=cast.tenant, group__name="Zinc works").exists()
