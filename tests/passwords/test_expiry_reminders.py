"""Mails before a password expires: which steps, once each, to whom, and none after a change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from adminportal.outbox.models import Failure, OutboundMessage, State
from passwords.models import PasswordReminder
from passwords.services.expiration import Expiration, change_expiration
from passwords.services.expiry_reminders import count_unreached, send_reminders
from tests.adminportal.outbox_cast import deliver
from tests.cast import Cast, make_cast, part, signed_in
from tests.services.smtp import SmtpSink
from users.models import Domain, Tenant, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    Tenant.objects.filter(pk=made.tenant.pk).update(password_days=30)
    with within(made.tenant):
        User.objects.update(password_changed_at=START)
        User.objects.exclude(pk=made["adele.vance"].pk).update(password_never_expires=True)
    made.tenant.refresh_from_db()
    return made


def letters() -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(template="password_expires").order_by("created_at"))


def days_told(until: int = 32, *, from_day: int = 0) -> list[int]:
    """Run the sweep twice a day and return how many days were left whenever a mail was written."""
    told = []
    for half in range(from_day * 2, until * 2):
        if send_reminders(START + half * DAY / 2):
            told.append(30 - half // 2)
    return told


def set_adele(cast: Cast, **facts: Any) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(**facts)


def test_one_mail_goes_at_each_step_and_none_after_the_end(cast: Cast) -> None:
    assert days_told() == [14, 7, 3, 1]
    assert {message.about_user_id for message in letters()} == {cast["adele.vance"].pk}
    assert all(message.to == "adele.vance@contoso.example" for message in letters())


@pytest.mark.parametrize(("notice_days", "steps"), [(30, [14, 7, 3, 1]), (10, [7, 3, 1]), (3, [3, 1]), (1, [1])])
def test_steps_lie_within_the_days_of_notice(cast: Cast, notice_days: int, steps: list[int]) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(password_notice_days=notice_days)

    assert days_told() == steps


def test_whoever_was_missed_gets_the_step_of_now_alone(cast: Cast) -> None:
    assert days_told(from_day=25) == [5, 3, 1] and len(letters()) == 3


def test_new_password_begins_anew(cast: Cast) -> None:
    days_told(until=24)
    set_adele(cast, password_changed_at=START + 24 * DAY)

    assert days_told(until=30, from_day=24) == []
    assert send_reminders(START + 40 * DAY) == 1


def test_other_number_of_days_is_told_anew(cast: Cast) -> None:
    days_told(until=30)
    with clock.travel(freeze_at=START + 29 * DAY + 15 * timedelta(hours=1)), within(cast.tenant):
        change_expiration(
            actor=cast.actor("global.admin"), wanted=Expiration(days=40), shown=Expiration(days=30), now=clock.now()
        )
        told = send_reminders(clock.now())

        reminder = PasswordReminder.objects.get(user=cast["adele.vance"])

    assert (told, reminder.step, reminder.password_days) == (1, 14, 40)


@pytest.mark.parametrize(
    "facts",
    [
        {"password_never_expires": True},
        {"on_premises_sync_enabled": True},
        {"user_type": "guest"},
        {"password_issued_at": None},
        {"account_enabled": False},
        {"deleted_at": START},
        {"must_change": True},
    ],
    ids=str,
)
def test_nobody_else_is_told(cast: Cast, facts: dict[str, Any]) -> None:
    set_adele(cast, **facts)

    assert days_told() == []


def test_nobody_of_a_federated_domain_or_of_an_organization_without_expiry_is_told(cast: Cast) -> None:
    with within(cast.tenant):
        Domain.objects.update(is_federated=True)
    assert send_reminders(START + 20 * DAY) == 0
    with within(cast.tenant):
        Domain.objects.update(is_federated=False)
    Tenant.objects.update(password_days=0, password_reminded_at=None)

    assert send_reminders(START + 20 * DAY) == 0


def test_mail_tells_the_day_in_the_persons_language_and_holds_no_link_that_signs_in(
    cast: Cast, smtp_sink: SmtpSink
) -> None:
    set_adele(cast, preferred_language="nb")
    with clock.travel(freeze_at=START + 20 * DAY):
        send_reminders(clock.now())
        (message,) = letters()
        assert deliver(message) == State.SENT

    assert message.language == "nb" and message.link_digest is None and message.link_purpose == ""
    assert "2026" in message.context["ends_at"] and "UTC" in message.context["ends_at"]


@pytest.mark.parametrize(
    "facts",
    [
        {"password_changed_at": START + 21 * DAY},
        {"password_never_expires": True},
        {"account_enabled": False},
        {"on_premises_sync_enabled": True},
    ],
    ids=str,
)
def test_mail_that_is_overtaken_is_refused_at_delivery(cast: Cast, smtp_sink: SmtpSink, facts: dict[str, Any]) -> None:
    send_reminders(START + 20 * DAY)
    set_adele(cast, **facts)
    with clock.travel(freeze_at=START + 21 * DAY):
        assert deliver(letters()[0]) == State.FAILED

    assert letters()[0].failure == Failure.SECRET_GONE
    with within(cast.tenant):
        assert count_unreached(cast.tenant) == 0


def test_page_tells_how_many_reminders_did_not_go_out(cast: Cast) -> None:
    send_reminders(START + 20 * DAY)
    page = "/settings/password-expiration"
    OutboundMessage.objects.update(state=State.SENT)
    reached = signed_in(cast["global.admin"]).get(page)
    OutboundMessage.objects.update(state=State.FAILED, failure=Failure.RECIPIENT_REFUSED)

    answer = signed_in(cast["global.admin"]).get(page)

    assert (reached.context["unreached"], answer.context["unreached"]) == (0, 1)
    assert "The last reminder to 1 user did not go out" in answer.content.decode()
    set_adele(cast, password_changed_at=START + 21 * DAY)
    assert signed_in(cast["global.admin"]).get(page).context["unreached"] == 0


def test_run_is_bounded_and_the_next_one_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwords.services.expiry_reminders.MOST_AT_ONCE", 3)
    cast.add_all(*(part(f"many.{number}") for number in range(7)))
    with within(cast.tenant):
        User.objects.filter(pk__in=[cast[f"many.{number}"].pk for number in range(7)]).update(password_changed_at=START)
    now = START + 20 * DAY

    counts = [send_reminders(now) for _ in range(4)]

    assert counts == [3, 3, 2, 0] and len({message.about_user_id for message in letters()}) == 8


def test_organization_where_all_are_told_is_left_alone_for_an_hour(cast: Cast) -> None:
    now = START + 20 * DAY
    send_reminders(now)

    with CaptureQueriesContext(connection) as soon:
        send_reminders(now + timedelta(minutes=59))
    with CaptureQueriesContext(connection) as later:
        send_reminders(now + timedelta(minutes=60))

    assert len(soon) == 1 < len(later)
