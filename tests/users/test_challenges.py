"""Codes: sent once, checked five times at most, right once, dead after their time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from adminportal import clock, sealing
from adminportal.outbox.channels.email import compose
from adminportal.outbox.content import SecretGone, build
from adminportal.outbox.models import DevMessage, Failure, OutboundMessage, State
from tests.adminportal.outbox_cast import deliver
from tests.cast import Cast, make_tenant
from users.models import User
from users.models.challenge import Challenge, Purpose
from users.services import challenges
from users.services.challenges import TRIES, CodeAnswer, Destination, check, issue, kill, purge_challenges

pytestmark = pytest.mark.django_db

ATTEMPT = UUID("22222222-2222-4222-8222-222222222222")
MAIL = Destination(method="email", channel="email", value="adele@mail.example")
TEXT = Destination(method="mobile_sms", channel="sms", value="+46701740605")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("adele.vance", has_password=False)
    return made


@pytest.fixture
def now() -> Iterator[datetime]:
    moment = clock.now().replace(microsecond=0)
    with clock.travel(freeze_at=moment):
        yield moment


def send(cast: Cast, now: datetime, destination: Destination = MAIL, **changes: Any) -> Challenge:
    """Issue a code to Adele."""
    facts: dict[str, Any] = {
        "tenant_id": cast.tenant.pk,
        "user": cast["adele.vance"],
        "purpose": Purpose.SELF_SERVICE,
        "bound_to": ATTEMPT,
        "destination": destination,
        "context": {"tenant_name": cast.tenant.name},
        "language": "en",
        "now": now,
    }
    with transaction.atomic():
        return issue(**(facts | changes))


def message_of(challenge: Challenge) -> OutboundMessage:
    return OutboundMessage.objects.get(pk=challenge.message_id)


def code_in(challenge: Challenge) -> str:
    """Read the code as its recipient does."""
    message = message_of(challenge)
    found = re.search(r"\b\d{6,8}\b", build(message).text)
    assert found
    return found[0]


def wrong(code: str) -> str:
    """Return another code of the same length."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def try_code(typed: str, now: datetime, **changes: Any) -> CodeAnswer:
    facts: dict[str, Any] = {"bound_to": ATTEMPT, "purpose": Purpose.SELF_SERVICE, "method": "email"}
    return check(typed=typed, now=now, **(facts | changes))


def test_code_is_right_once(cast: Cast, now: datetime) -> None:
    code = code_in(send(cast, now))

    assert len(code) == 8
    assert try_code(code, now) is CodeAnswer.RIGHT
    assert try_code(code, now) is CodeAnswer.NONE


def test_text_message_carries_six_digits_in_the_web_otp_format(cast: Cast, now: datetime, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://portal.contoso.example:8443"
    text = build(message_of(send(cast, now, TEXT))).text

    last = text.rstrip("\n").splitlines()[-1]
    found = re.fullmatch(r"@portal\.contoso\.example #(\d{6})", last)
    assert found and text.count(found[1]) == 2
    assert try_code(found[1], now, method="mobile_sms") is CodeAnswer.RIGHT


def test_mail_names_tenant_and_user_name_and_comes_on_behalf_of_the_tenant(
    cast: Cast, now: datetime, settings: Settings
) -> None:
    challenge = send(cast, now)
    parcel = build(message_of(challenge))

    assert parcel.subject == "Contoso account email verification code"
    for part in (parcel.text, parcel.html):
        assert "adele.vance@contoso.example" in part and code_in(challenge) in part
        assert "within 10 minutes" in part
    assert parcel.to == MAIL.value
    assert compose(parcel)["From"] == f"Admin portal on behalf of Contoso <{settings.EMAIL_FROM}>"


@pytest.mark.parametrize("step", [timedelta(minutes=10, seconds=-1), timedelta(minutes=10)])
def test_code_is_valid_to_the_end_of_its_life(cast: Cast, now: datetime, step: timedelta) -> None:
    code = code_in(send(cast, now))

    assert try_code(code, now + step) is CodeAnswer.RIGHT


def test_code_is_dead_a_second_after_its_life(cast: Cast, now: datetime) -> None:
    challenge = send(cast, now)
    code = code_in(challenge)

    assert try_code(code, now + timedelta(minutes=10, seconds=1)) is CodeAnswer.EXPIRED
    challenge.refresh_from_db()
    assert (challenge.tries, challenge.used_at) == (0, None)
    assert try_code(code, now) is CodeAnswer.RIGHT


@pytest.mark.parametrize("minutes", [2, 10])
def test_life_is_as_long_as_the_tenant_says(cast: Cast, now: datetime, minutes: int) -> None:
    code = code_in(send(cast, now, minutes=minutes))

    assert try_code(code, now + minutes * MINUTE + timedelta(seconds=1)) is CodeAnswer.EXPIRED
    assert try_code(code, now + minutes * MINUTE) is CodeAnswer.RIGHT


def test_five_wrong_tries_kill_a_code(cast: Cast, now: datetime) -> None:
    challenge = send(cast, now)
    code = code_in(challenge)

    assert [try_code(wrong(code), now) for _ in range(TRIES)] == [CodeAnswer.WRONG] * TRIES
    assert try_code(code, now) is CodeAnswer.SPENT
    challenge.refresh_from_db()
    assert challenge.tries == TRIES and challenge.used_at is None


def test_fifth_try_may_be_right(cast: Cast, now: datetime) -> None:
    code = code_in(send(cast, now))

    for _ in range(TRIES - 1):
        try_code(wrong(code), now)
    assert try_code(code, now) is CodeAnswer.RIGHT


def test_old_code_is_wrong_after_a_new_one(cast: Cast, now: datetime) -> None:
    first = send(cast, now)
    old = code_in(first)
    second = send(cast, now + MINUTE)

    assert try_code(old, now + MINUTE) is CodeAnswer.WRONG
    with pytest.raises(SecretGone):
        build(message_of(first))
    assert try_code(code_in(second), now + MINUTE) is CodeAnswer.RIGHT
    assert Challenge.objects.filter(replaced_at=None).count() == 1


def test_trace_says_of_a_code_that_died_that_it_was_a_code(cast: Cast, now: datetime) -> None:
    older = message_of(send(cast, now))
    send(cast, now + MINUTE)

    assert deliver(older) is State.FAILED

    assert older.failure == Failure.CODE_GONE
    assert "password" not in older.get_failure_display() and "code" in older.get_failure_display()


def test_killed_code_is_none(cast: Cast, now: datetime) -> None:
    code = code_in(send(cast, now))

    assert kill(ATTEMPT, now=now) == 1
    assert try_code(code, now) is CodeAnswer.NONE
    assert kill(ATTEMPT, now=now) == 0


def test_code_works_nowhere_but_where_it_was_asked_for(cast: Cast, now: datetime) -> None:
    """The swap matrix: another attempt or person, another purpose, another method, another destination."""
    other_attempt = uuid4()
    send(cast, now, bound_to=other_attempt)
    send(cast, now, purpose=Purpose.CONTACT)
    challenge = send(cast, now)
    code = code_in(challenge)

    places = product(
        (ATTEMPT, other_attempt),
        (Purpose.SELF_SERVICE, Purpose.CONTACT, Purpose.METHOD),
        ("email", "mobile_sms"),
        (None, MAIL.value, "elsewhere@mail.example"),
    )
    home = {(ATTEMPT, Purpose.SELF_SERVICE, "email", None), (ATTEMPT, Purpose.SELF_SERVICE, "email", MAIL.value)}
    for place in places:
        Challenge.objects.update(tries=0)
        bound_to, purpose, method, destination = place
        if place not in home:
            answer = try_code(code, now, bound_to=bound_to, purpose=purpose, method=method, destination=destination)
            assert answer is not CodeAnswer.RIGHT, place
    assert try_code(code, now, destination=MAIL.value) is CodeAnswer.RIGHT


def test_code_of_one_tenant_is_wrong_in_another(cast: Cast, now: datetime) -> None:
    fabrikam = make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("adele.vance", has_password=False)
    code = code_in(send(cast, now))
    send(fabrikam, now, bound_to=fabrikam["adele.vance"].pk)

    assert try_code(code, now, bound_to=fabrikam["adele.vance"].pk) is CodeAnswer.WRONG


def test_code_in_another_row_is_wrong(cast: Cast, now: datetime) -> None:
    """The digest is bound to its row: whoever copies it to another row wins nothing."""
    first, other = send(cast, now), send(cast, now, bound_to=uuid4())
    Challenge.objects.filter(pk=other.pk).update(code_digest=first.code_digest)

    assert try_code(code_in(first), now, bound_to=other.bound_to) is CodeAnswer.WRONG


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_digits_are_uniform_and_leading_zeros_are_kept(channel: str) -> None:
    codes, digits = [], challenges.DIGITS[channel]
    for _ in range(10_000):
        row = Challenge(message_id=uuid4(), digits=challenges.DIGITS[channel], key_id=sealing.current_key_id())
        codes.append(challenges._code_of(row).expose())

    digits = challenges.DIGITS[channel]
    assert {len(code) for code in codes} == {digits}
    assert any(code.startswith("0") for code in codes)
    for place in range(digits):
        seen = Counter(code[place] for code in codes)
        chi_square = sum((seen[digit] - 1_000) ** 2 / 1_000 for digit in "0123456789")
        assert chi_square < 47  # nine degrees of freedom: exceeded by chance once in some two million times


def test_leading_zero_counts(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "derive", lambda *_, **__: (7).to_bytes(32))
    code = code_in(send(cast, now))

    assert code == "00000007"
    assert try_code("7", now) is CodeAnswer.WRONG
    assert try_code(code, now) is CodeAnswer.RIGHT


def _as_typed(code: str) -> list[str]:
    full_width = "".join(chr(ord("０") + int(digit)) for digit in code)
    return [f" {code[:4]} {code[4:]} ", f"{code[:4]}-{code[4:]}", full_width, f"{code}\n"]


@pytest.mark.parametrize("way", range(4))
def test_code_is_read_as_people_type_it(cast: Cast, now: datetime, way: int) -> None:
    code = code_in(send(cast, now))

    assert try_code(_as_typed(code)[way], now) is CodeAnswer.RIGHT


@pytest.mark.parametrize("typed", ["", " ", "abcdefgh", "²²²²²²²²", "1" * 10_000, "\x00", "decoy"])
def test_what_is_no_code_is_wrong(cast: Cast, now: datetime, typed: str) -> None:
    send(cast, now)

    assert try_code(typed, now) is CodeAnswer.WRONG


@pytest.mark.parametrize("is_known", [True, False])
def test_decoy_has_no_right_code_and_sends_nothing(cast: Cast, now: datetime, is_known: bool) -> None:
    user: User | None = cast["adele.vance"] if is_known else None
    nowhere = Destination(method="email", channel="email", value="")
    decoy = send(cast, now, nowhere, user=user, context={"tenant_name": "Correct-Horse-77"})
    message = message_of(decoy)

    assert (message.to, message.about_user_id, message.context) == ("", None, {})
    assert challenges.open_code(message, now) is None
    derived = challenges._code_of(decoy).expose()
    assert try_code(derived, now) is CodeAnswer.WRONG
    assert deliver(message) is State.CANCELLED
    assert (message.failure, message.attempts) == ("", 1)
    assert not DevMessage.objects.exists()


def test_decoy_costs_the_same_statements(cast: Cast, now: datetime) -> None:
    def statements(destination: Destination, user: User | None) -> list[list[str]]:
        told: list[list[str]] = []
        with CaptureQueriesContext(
            connection,
        ) as asked:
            send(cast, now, destination, user=user)
        told.append([re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in asked])
        with CaptureQueriesContext(connection) as asked:
            try_code("00000000", now)
        told.append([re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in asked])
        return told

    good = statements(MAIL, cast["adele.vance"])
    decoy = statements(Destination(method="email", channel="email", value=""), None)

    assert [len(each) for each in good] == [len(each) for each in decoy]
    assert len(good[1]) == 2


def test_answer_costs_two_statements_whatever_it_is(cast: Cast, now: datetime) -> None:
    code = code_in(send(cast, now))

    for typed, at, answer in (
        (wrong(code), now, CodeAnswer.WRONG),
        (code, now + 11 * MINUTE, CodeAnswer.EXPIRED),
        (code, now, CodeAnswer.RIGHT),
        (code, now, CodeAnswer.NONE),
    ):
        with CaptureQueriesContext(connection) as asked:
            assert try_code(typed, at) is answer
        assert len(asked) == 2


def test_retry_sends_the_same_code_under_the_same_message_id(cast: Cast, now: datetime, settings: Settings) -> None:
    settings.EMAIL_CHANNEL_URL = "smtp://127.0.0.1:9"
    message = message_of(send(cast, now))
    first = build(message)

    assert deliver(message) is State.QUEUED
    settings.EMAIL_CHANNEL_URL = "inbox:"
    with clock.travel(MINUTE):
        assert deliver(message) is State.SENT
    (caught,) = DevMessage.objects.all()
    assert (caught.text, caught.headers["Message-ID"]) == (first.text, first.headers["Message-ID"])


def test_name_of_an_organization_adds_no_recipient_and_no_header(cast: Cast, now: datetime) -> None:
    name = 'Contoso <thief@mail.example>, "Bcc: thief@mail.example\r\nBcc: thief@mail.example'
    mail = compose(build(message_of(send(cast, now, context={"tenant_name": name}))))

    assert [address.addr_spec for address in mail["From"].addresses] == ["portal@contoso.example"]
    assert mail["Bcc"] is None and mail.get_all("To") == [MAIL.value]


@pytest.mark.parametrize("how", ["used", "replaced", "killed", "spent"])
def test_dead_code_is_not_sent(cast: Cast, now: datetime, how: str) -> None:
    challenge = send(cast, now)
    code = code_in(challenge)
    if how == "used":
        try_code(code, now)
    elif how == "replaced":
        send(cast, now)
    elif how == "killed":
        kill(ATTEMPT, now=now)
    else:
        for _ in range(TRIES):
            try_code(wrong(code), now)

    assert deliver(message_of(challenge)) is State.FAILED
    assert not DevMessage.objects.exists()


def test_code_is_not_sent_after_its_life(cast: Cast, now: datetime) -> None:
    message = message_of(send(cast, now))

    with clock.travel(timedelta(minutes=10, seconds=1)):
        assert deliver(message) is None
    assert message.state == State.EXPIRED


def test_code_made_with_a_key_that_left_the_ring_is_wrong(cast: Cast, now: datetime, settings: Settings) -> None:
    code = code_in(send(cast, now))
    settings.SEALING_KEYS = ["another-key-of-this-test-" + "k" * 32]

    assert try_code(code, now) is CodeAnswer.WRONG


def test_code_outlives_the_rotation_of_keys(cast: Cast, now: datetime, settings: Settings) -> None:
    code = code_in(send(cast, now))
    settings.SEALING_KEYS = ["another-key-of-this-test-" + "k" * 32, *settings.SEALING_KEYS]

    assert try_code(code, now, destination=MAIL.value) is CodeAnswer.RIGHT


def test_old_rows_are_purged_with_the_messages_of_decoys(cast: Cast, now: datetime) -> None:
    kept = send(cast, now, bound_to=uuid4())
    decoy = send(cast, now - timedelta(days=2), Destination(method="email", channel="email", value=""))
    old = send(cast, now - timedelta(days=2), bound_to=uuid4())

    assert purge_challenges(now) == 2
    assert [row.pk for row in Challenge.objects.all()] == [kept.pk]
    left = set(OutboundMessage.objects.values_list("pk", flat=True))
    assert left == {kept.message_id, old.message_id} and decoy.message_id not in left


def test_rows_hold_neither_code_nor_destination(cast: Cast, now: datetime) -> None:
    challenge = send(cast, now, TEXT)
    row = repr(Challenge.objects.values().get())

    assert challenges._code_of(challenge).expose() not in row.replace(str(challenge.pk), "")
    assert TEXT.value not in row and TEXT.value not in repr(TEXT)
