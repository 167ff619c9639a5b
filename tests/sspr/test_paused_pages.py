"""A method that pauses is shown as such, to somebody with an account and to a stranger alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adminportal import clock, throttle
from sspr import locks
from sspr.models import Gate, Reach
from sspr.subjects import subject_of
from tests.cast import Cast
from tests.sspr.self_service import policy_for
from tests.sspr.test_wizard_pages import UPN
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MOBILE, make_open_cast

pytestmark = pytest.mark.django_db
NAMES = pytest.mark.parametrize("name", [UPN, "nobody.here@contoso.example"], ids=["known", "unknown"])
NOTHING = "Nothing is sent this way for now. Choose another way, or come back later."
NO_MORE = "Nothing more is sent this way for now. A code that you have still counts."


@pytest.fixture
def cast() -> Cast:
    cast = make_open_cast()
    policy_for(cast, reach=Reach.ALL, gates=["email", "mobile_sms"])
    return cast


def pause(name: str, gate: Gate) -> None:
    until = clock.now() + timedelta(hours=1)
    locks.close(subject_of(name), gate=gate, until=until, limit="L09", user_id=None)


def test_method_that_pauses_says_so_and_another_one_is_open_first(cast: Cast) -> None:
    pause(UPN, Gate.EMAIL)
    visit = Visit()
    visit.begin(UPN)

    page = visit.page().content.decode()
    chosen = visit.page(method="email").content.decode()

    assert page.count("Not available right now") == 1 and 'name="number"' in page
    assert NOTHING in text_of(visit.page(method="email")) and "/passwordreset/send" not in chosen


@NAMES
def test_spent_budget_of_the_day_shows_texts_as_unavailable_to_everybody(cast: Cast, name: str) -> None:
    policy_for(cast, reach=Reach.ALL, gates=["mobile_sms"], sms_a_day=1)
    visit = Visit()
    visit.begin(name)
    throttle.check("L15", key=str(cast.tenant.pk), now=clock.now())

    page = text_of(visit.page())

    assert "Not available right now" in page and NOTHING in page


def test_code_on_its_way_can_be_typed_while_the_method_pauses(cast: Cast) -> None:
    visit = Visit()
    visit.begin(UPN)
    visit.send("mobile_sms", MOBILE)
    code = visit.code()
    pause(UPN, Gate.MOBILE_SMS)

    page = visit.page(method="mobile_sms")

    assert NO_MORE in text_of(page) and b'name="code"' in page.content
    visit.prove("mobile_sms", code)
    assert "Enter new password" in text_of(visit.page())
