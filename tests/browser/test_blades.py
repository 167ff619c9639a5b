"""The list of blades on a telephone: one line, with the blade that is open in sight."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.browser.portal import Portal
from tests.cast import Cast

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
