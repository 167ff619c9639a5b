"""This was not me: what the button in a notice does, once, and that a look at it does nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.models import PasswordHistory, PasswordRequest
from passwords.services.change import change_password
from passwords.services.request import HelpCall, ask, close_overtaken
from sspr.models import RecoveryLock
from sspr.situation import look
from tests.cast import PASSWORD, Cast, signed_in
from tests.passwords.reset_cast import reset, try_sign_in
from tests.sspr.self_service import policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, NEW_PASSWORD, make_open_cast
from users.models import Session, User
from users.services.method_changes import NOT_ME_LIVES
from users.services.sign_in import Outcome
from users.tenancy import within

UPN = "adele.vance@contoso.example"
OTHER = "Amber-Harbour-8306"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


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


def path_of(message: OutboundMessage) -> str:
    return links.address_of(message).expose().removeprefix(settings.PUBLIC_URL)


def sign_in_with(password: str) -> Outcome:
    return try_sign_in(UPN, password).outcome


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
    assert {lock.until for lock in RecoveryLock.objects.all()} == {start + timedelta(hours=24)}
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

    assert "the administrators look into it" in text_of(again)
    assert "The password no longer works" in text_of(again)
    assert requests_of(cast)[0].repeats == 1


def test_button_is_over_after_a_week(cast: Cast, notice: str) -> None:
    with clock.travel(NOT_ME_LIVES):
        assert "This button is over" in text_of(press(notice))

    assert not requests_of(cast)


def test_password_that_the_reset_set_is_over(cast: Cast, notice: str) -> None:
    """Whoever reset the password knows it: without this they would sign in again at once."""
    assert sign_in_with(NEW_PASSWORD) is Outcome.RIGHT
    start = clock.now()

    with clock.travel(freeze_at=start):
        page = text_of(press(notice))

    assert "The password no longer works" in page
    assert sign_in_with(NEW_PASSWORD) is Outcome.EXPIRED
    assert not Session.objects.filter(ended_at=None, user=cast["adele.vance"]).exists()
    with within(cast.tenant):
        retired = PasswordHistory.objects.get(user=cast["adele.vance"], retired_at=start)
        assert retired.password == User.objects.get(pk=cast["adele.vance"].pk).password
    assert AuditEvent.objects.get(activity="Reported reset as unwanted").details["PasswordEnded"] == "True"


def test_password_that_the_thief_chose_next_is_over_too(cast: Cast, notice: str) -> None:
    thief = signed_in(cast["adele.vance"])
    fields = {"current_password": NEW_PASSWORD, "new_password": OTHER, "confirm_password": OTHER}
    assert thief.post("/account/password", fields).status_code == 302

    press(notice)

    assert sign_in_with(OTHER) is Outcome.EXPIRED


def test_reset_of_an_administrator_ends_it_and_outlives_the_button(cast: Cast, notice: str) -> None:
    press(notice)
    reset(cast, "adele.vance", password=OTHER, must_change=False)
    assert sign_in_with(OTHER) is Outcome.RIGHT

    assert "The password no longer works" not in text_of(Client().get(notice))
    for other in OutboundMessage.objects.filter(link_purpose="not-me").exclude(to=MAIL):
        assert "stops working" not in text_of(press(path_of(other)))

    assert sign_in_with(OTHER) is Outcome.RIGHT


@pytest.mark.parametrize(
    ("template", "title"),
    [
        ("self_service_locked", "Were these tries not you?"),
        ("self_service_opened", "Should Forgot password stay closed?"),
        ("account_was_unlocked", "Was this unlock not you?"),
        ("method_changed", "Was this change not you?"),
        ("contact_changed", "Was this change not you?"),
    ],
)
def test_other_notices_say_what_happened_and_leave_the_password(
    cast: Cast, notice: str, template: str, title: str
) -> None:
    OutboundMessage.objects.filter(link_purpose="not-me").update(template=template)

    page = text_of(Client().get(notice))
    done = text_of(press(notice))

    assert title in page and "was reset on" not in page and "stops working" not in page
    for said in (page, done):
        assert ("What was changed stays" in said) is template.endswith("_changed")
    assert "no longer works" not in done
    assert sign_in_with(NEW_PASSWORD) is Outcome.RIGHT


def test_attempt_that_began_under_an_older_key_is_closed_as_well(cast: Cast, notice: str, settings: Settings) -> None:
    visit = Visit(source="203.0.113.9")
    visit.begin(UPN)
    settings.SEALING_KEYS = ["a-newer-sealing-key-of-many-characters-0123456789", *settings.SEALING_KEYS]

    press(notice)

    assert look(visit.attempt, now=clock.now()).closed.until


def test_report_reaches_the_administrators_though_somebody_called_in_the_name_before(cast: Cast, notice: str) -> None:
    policy_for(cast, customize_helpdesk=True, helpdesk_link="https://help.example/")
    with within(cast.tenant):
        called = HelpCall(tenant=cast.tenant, user=cast["adele.vance"], correlation_id=uuid4(), is_mailed=False)
        ask(called, now=clock.now())

    press(notice)

    told = OutboundMessage.objects.filter(template="password_request")
    assert {message.context["is_unwanted"] for message in told} == {"yes"}
    assert requests_of(cast)[0].repeats == 2


def test_notice_of_a_change_shuts_out_whoever_changed_the_password(cast: Cast) -> None:
    changes(cast, PASSWORD, NEW_PASSWORD)
    (message, *_) = OutboundMessage.objects.filter(template="password_was_changed", to=MAIL)

    asked = text_of(Client().get(path_of(message)))
    answer = press(path_of(message))

    assert "The password of adele.vance@contoso.example was changed on" in asked and answer.status_code == 200
    assert sign_in_with(NEW_PASSWORD) is not Outcome.RIGHT
    assert not Session.objects.filter(ended_at=None, user=cast["adele.vance"]).exists()
    assert [request.reported_unwanted for request in requests_of(cast)] == [True]


def changes(cast: Cast, old: str, new: str) -> None:
    with within(cast.tenant):
        session = Session.objects.get(pk=signed_in(cast["adele.vance"]).session_digest)  # type: ignore[attr-defined]
        change_password(session=session, current=Secret(old), new=Secret(new), now=clock.now())


def test_notice_of_the_first_change_ends_the_password_of_the_second_one(cast: Cast) -> None:
    changes(cast, PASSWORD, NEW_PASSWORD)
    (message, *_) = OutboundMessage.objects.filter(template="password_was_changed", to=MAIL)
    with clock.travel(timedelta(minutes=1)):
        changes(cast, NEW_PASSWORD, OTHER)

        press(path_of(message))

        assert sign_in_with(OTHER) is Outcome.EXPIRED


def test_report_is_ended_by_an_administrators_reset_alone(cast: Cast) -> None:
    given = reset(cast, "adele.vance", password=NEW_PASSWORD, must_change=False)
    (message, *_) = OutboundMessage.objects.filter(template="password_was_reset", to=MAIL)
    press(path_of(message))
    with clock.travel(timedelta(minutes=1)):
        changes(cast, NEW_PASSWORD, OTHER)

        assert close_overtaken(clock.now()) == 0

    with clock.travel(timedelta(minutes=2)):
        reset(cast, "adele.vance")

        assert given.reset_id and close_overtaken(clock.now()) == 1


def test_notice_of_an_administrators_reset_calls_for_help_and_leaves_what_was_given(cast: Cast) -> None:
    given = reset(cast, "adele.vance", password=OTHER, must_change=False)
    (message, *_) = OutboundMessage.objects.filter(template="password_was_reset", to=MAIL)

    press(path_of(message))

    assert given.reset_id and sign_in_with(OTHER) is Outcome.RIGHT
    assert len(requests_of(cast)) == 1 and RecoveryLock.objects.filter(limit="not-me").exists()
