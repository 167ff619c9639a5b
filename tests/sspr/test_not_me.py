"""This was not me: what the button in a notice does, once, and that a look at it does nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordRequest
from sspr.models import Reach, RecoveryLock
from sspr.services.not_me import LIVES
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, MOBILE
from users.models import Session
from users.tenancy import within

UPN = "adele.vance@contoso.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    policy_for(cast, reach=Reach.ALL)
    knows(cast, "adele.vance", email=MAIL, mobile=MOBILE)
    return cast


@pytest.fixture
def notice(cast: Cast) -> str:
    """Have Adele's password reset in the wizard and return the path of the button's page."""
    visit = Visit()
    visit.begin(UPN)
    visit.prove_email()
    assert visit.finish().status_code == 302
    message = OutboundMessage.objects.filter(link_purpose="not-me", to=MAIL).get()
    address = links.address_of(message).expose()
    assert address.startswith(f"{settings.PUBLIC_URL}/notice/")
    return address.removeprefix(settings.PUBLIC_URL)


def press(path: str) -> HttpResponse:
    return Client(REMOTE_ADDR="198.51.100.7").post(path)


def requests_of(cast: Cast) -> list[PasswordRequest]:
    with within(cast.tenant):
        return list(PasswordRequest.objects.all())


def test_button_ends_sessions_closes_self_service_and_calls_an_administrator(cast: Cast, notice: str) -> None:
    thief = signed_in(cast["adele.vance"])
    start = clock.now()

    with clock.travel(freeze_at=start):
        answer = press(notice)

    assert answer.status_code == 200
    assert not Session.objects.filter(ended_at=None, user=cast["adele.vance"]).exists()
    assert thief.get("/account").status_code == 302
    assert RecoveryLock.objects.get().until == start + timedelta(hours=24)
    (request,) = requests_of(cast)
    assert request.reported_unwanted and request.source == "198.51.100.7"
    told = OutboundMessage.objects.filter(template="password_request")
    assert {message.context["is_unwanted"] for message in told} == {"yes"}
    assert AuditEvent.objects.filter(activity="Reported reset as unwanted").count() == 1


def test_self_service_opens_again_after_a_day(cast: Cast, notice: str) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        press(notice)
        assert Visit(source="203.0.113.1").begin(UPN).status_code == 429
    with clock.travel(freeze_at=start + timedelta(hours=24, seconds=1)):
        assert Visit(source="203.0.113.2").begin(UPN).status_code == 302


def test_looking_changes_nothing_and_pressing_counts_once(cast: Cast, notice: str) -> None:
    for _number in range(20):
        assert "This was not me" in text_of(Client().get(notice))
        Client().head(notice)
    assert not requests_of(cast) and not RecoveryLock.objects.exists()

    press(notice)
    again = press(notice)

    assert "closed to others" in text_of(again)
    assert requests_of(cast)[0].repeats == 1


def test_button_is_over_after_a_week(cast: Cast, notice: str) -> None:
    with clock.travel(LIVES):
        assert "This button is over" in text_of(press(notice))

    assert not requests_of(cast)
