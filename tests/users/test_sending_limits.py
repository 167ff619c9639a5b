"""Limits of destinations: no one floods a mailbox or a phone, and text messages never cost more than the budget."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.throttle import Throttled
from adminportal.throttle.models import Counter
from tests.cast import make_cast, signed_in
from users.services import sending_limits
from users.services.sending_limits import (
    SmsRules,
    budget_is_left,
    count_change_code,
    may_reach,
    may_send,
    register_rules,
    sms_is_available,
)

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2031-05-04T12:00:00+00:00")
CONTOSO, FABRIKAM = UUID(int=1), UUID(int=2)
NUMBER = "+47 912 34 567"
ADDRESS = "adele.vance@mail.example"


def _send(value: str = NUMBER, *, channel: str = "sms", after: timedelta = timedelta(0), **more: Any) -> bool:
    facts: dict[str, Any] = {"tenant_id": CONTOSO} | more
    return may_send(channel=channel, value=value, now=NOON + after, **facts)


def _allowed(tries: int, *, value: str = NUMBER, channel: str = "sms", **more: Any) -> int:
    return sum(_send(value, channel=channel, **more) for _ in range(tries))


def _number(index: int) -> str:
    """Return a number with a prefix of its own."""
    return f"+479{index:03d}1234"


@pytest.mark.parametrize(
    ("channel", "value", "hour", "day"), [("sms", NUMBER, 3, 10), ("email", ADDRESS, 10, 30), ("voice", NUMBER, 2, 5)]
)
def test_one_destination_gets_so_many_in_an_hour_and_in_a_day(channel: str, value: str, hour: int, day: int) -> None:
    sent = []
    for hours in range(24):
        step = timedelta(hours=hours, seconds=hours)
        sent.append(sum(_send(value, channel=channel, after=step) for _ in range(hour + 1)))

    assert sent[0] == hour
    assert sum(sent) == day
    assert _send(value, channel=channel, after=timedelta(hours=26))


def test_windows_slide() -> None:
    assert _allowed(3) == 3

    assert not _send(after=timedelta(minutes=59, seconds=59))
    assert _send(after=timedelta(hours=1))


def test_destination_is_counted_over_all_organisations_and_spellings() -> None:
    assert _allowed(2) == 2

    assert _send("+4791234567", tenant_id=FABRIKAM)
    assert not _send("+47 91 23 45 67", tenant_id=uuid4())
    assert _allowed(10, value=ADDRESS, channel="email") == 10
    assert not _send(f" {ADDRESS.upper()}", channel="email", tenant_id=FABRIKAM)


def test_channels_of_one_number_are_counted_apart() -> None:
    _allowed(5)

    assert _send(channel="voice")


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_neighbouring_numbers_stop_at_their_prefix_with_one_alert(channel: str) -> None:
    sent = [_send(f"+479123{last:04d}", channel=channel) for last in range(30)]

    assert sent == [True] * 20 + [False] * 10
    (row,) = AuditEvent.objects.filter(activity="Text messages held back")
    assert (row.tenant_id, row.reason, row.details["Limit"]) == (CONTOSO, "limit L14 reached", "L14")
    assert "479123" not in row.details["Destination"]
    assert _send("+4791245000")


def test_budget_of_the_organisation_ends_text_messages_for_all_alike() -> None:
    rules = SmsRules(a_day=5)

    sent = [_send(_number(index), rules=rules) for index in range(8)]

    assert sent == [True] * 5 + [False] * 3
    assert not sms_is_available(tenant_id=CONTOSO, now=NOON, rules=rules)
    assert sms_is_available(tenant_id=FABRIKAM, now=NOON, rules=rules)
    assert AuditEvent.objects.filter(reason="limit L15 reached").count() == 1
    later = NOON + timedelta(hours=24, minutes=15)
    assert sms_is_available(tenant_id=CONTOSO, now=later, rules=rules)


def test_calls_and_texts_share_the_budget() -> None:
    rules = SmsRules(a_day=4)

    sent = [_send(_number(index), channel=("sms", "voice")[index % 2], rules=rules) for index in range(6)]

    assert sent == [True] * 4 + [False] * 2
    assert not budget_is_left(tenant_id=CONTOSO, now=NOON, rules=rules)
    assert budget_is_left(tenant_id=FABRIKAM, now=NOON, rules=rules)


def test_budget_is_not_asked_for_where_neither_is_sent(settings: Settings) -> None:
    settings.SMS_CHANNEL_URL = settings.VOICE_CHANNEL_URL = ""

    with CaptureQueriesContext(connection) as spent:
        assert budget_is_left(tenant_id=CONTOSO, now=NOON, rules=SmsRules(a_day=0))

    assert not spent.captured_queries


def test_budget_that_was_raised_or_ended_holds_at_once() -> None:
    assert [_send(_number(index), rules=SmsRules(a_day=2)) for index in range(3)] == [True, True, False]

    assert _send(_number(7), rules=SmsRules(a_day=3))
    assert not _send(_number(8), rules=SmsRules(a_day=0))
    assert not sms_is_available(tenant_id=FABRIKAM, now=NOON, rules=SmsRules(a_day=0))


def test_operator_sets_the_budget_of_the_installation(settings: Settings) -> None:
    settings.SMS_A_DAY = 3

    sent = [_send(_number(index), tenant_id=UUID(int=index)) for index in range(5)]

    assert sent == [True] * 3 + [False] * 2
    assert not sms_is_available(tenant_id=uuid4(), now=NOON)


def test_run_of_many_numbers_costs_no_more_than_the_budget() -> None:
    sent = sum(_send(_number(index % 900), after=timedelta(seconds=index)) for index in range(1_500))

    assert sent == 500
    hits = Counter.objects.get(limit="L15").hits
    assert len(hits) <= 2 + timedelta(seconds=1_500) // timedelta(minutes=15)


def test_hit_of_a_budget_counts_for_the_whole_day() -> None:
    rules = SmsRules(a_day=1)
    start = timedelta(minutes=14, seconds=59)

    assert _send(_number(1), rules=rules, after=start)
    assert not _send(_number(2), rules=rules, after=start + timedelta(hours=24, seconds=-1))
    assert _send(_number(3), rules=rules, after=start + timedelta(hours=24, minutes=15))


@pytest.mark.parametrize(
    "number",
    [
        "+1 900 555 0143",
        "+44 909 123 4567",
        "+49 137 1234567",
        "+44 7640 123456",
        "+881 6 12345678",
        "+882 16 12345678",
        "+979 123456789",
        "+883 5100 12345678",
        "+800 1234 5678",
        "912 34 567",
        "",
        "nonsense",
    ],
)
def test_costly_and_satellite_numbers_are_never_written_to(number: str) -> None:
    assert not may_reach(number)
    if number:
        assert not _send(number)
    assert not Counter.objects.exists()


@pytest.mark.parametrize("number", ["+47 912 34 567", "+44 7700 900123", "+1 202 555 0143", "+46 70 174 06 05"])
def test_ordinary_numbers_are_reached(number: str) -> None:
    assert may_reach(number)
    assert _send(number)


def test_only_countries_that_are_named_are_reached() -> None:
    rules = SmsRules(countries=frozenset({"NO", "GB"}))

    assert [_send(number, rules=rules) for number in (NUMBER, "+44 7700 900123")] == [True, True]
    assert [_send(number, rules=rules) for number in ("+46 70 174 06 05", "+1 876 555 0143")] == [False, False]
    assert not _send("+46 70 174 06 05", channel="voice", rules=rules)


def test_decoy_is_counted_alike_and_spends_nobodys_budget() -> None:
    rules = SmsRules(a_day=3)

    answers = [_send("", decoy_key="digest-of-a-name", rules=rules) for _ in range(5)]

    assert answers == [_send(rules=rules) for _ in range(5)]
    assert sms_is_available(tenant_id=FABRIKAM, now=NOON, rules=rules)
    assert _send(_number(5), tenant_id=FABRIKAM, rules=rules)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("channel", ["sms", "email", "voice"])
def test_decoy_costs_the_same_statements(channel: str) -> None:
    def statements(value: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            _send(value, channel=channel, decoy_key="digest-of-a-name")
        return [query["sql"].split()[0] for query in caught.captured_queries]

    real = ADDRESS if channel == "email" else NUMBER
    assert statements(real) == statements("")
    assert statements(real) == statements("")


def test_text_costs_the_same_statements_whether_or_not_a_neighbour_had_one() -> None:
    def statements(value: str) -> list[str]:
        with CaptureQueriesContext(connection) as caught:
            assert _send(value, decoy_key=f"digest-of-{value}")
        return [query["sql"].split()[0] for query in caught.captured_queries]

    first = statements("+4791230001")

    assert statements("+4791230002") == first
    assert statements("") == first
    assert statements("+4791240003") == first


def test_codes_for_changes_are_limited_to_five_an_hour_and_ten_a_day() -> None:
    person = uuid4()
    given = 0
    for hours in range(5):
        for _ in range(6):
            try:
                count_change_code(person, now=NOON + timedelta(hours=hours, seconds=hours))
            except Throttled:
                continue
            given += 1

    assert given == 10
    count_change_code(uuid4(), now=NOON)


def test_no_channel_no_text_messages(settings: Settings) -> None:
    assert sms_is_available(tenant_id=CONTOSO, now=clock.now())

    settings.SMS_CHANNEL_URL = ""

    assert not sms_is_available(tenant_id=CONTOSO, now=clock.now())


def test_destinations_rest_as_keyed_digests() -> None:
    _send()
    _send(ADDRESS, channel="email")

    kept = str(list(Counter.objects.values()))
    assert "91234567" not in kept
    assert ADDRESS not in kept


def test_home_tells_administrators_that_text_messages_were_held_back() -> None:
    cast = make_cast()
    told = "Text messages or calls were held back"
    for index in range(2):
        may_send(
            tenant_id=cast.tenant.pk, channel="sms", value=_number(index), now=clock.now(), rules=SmsRules(a_day=1)
        )

    assert told in signed_in(cast["helpdesk.admin"]).get("/").text
    assert told not in signed_in(cast["reports.reader"]).get("/").text
    with clock.travel(timedelta(hours=25)):
        assert told not in signed_in(cast["helpdesk.admin"]).get("/").text


def test_rules_of_an_organisation_come_from_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_limits, "_rules_of", sending_limits._rules_of)  # puts back what the portal registered
    register_rules(lambda tenant_id: SmsRules(a_day=1 if tenant_id == CONTOSO else 2))

    assert [_send(_number(index)) for index in range(2)] == [True, False]
    assert [_send(_number(index), tenant_id=FABRIKAM) for index in range(3, 6)] == [True, True, False]
    assert not sms_is_available(tenant_id=CONTOSO, now=NOON)
