"""Text messages and calls: what a gateway gets, and what each of its answers means for the message."""

from __future__ import annotations

import base64
import logging
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from adminportal import clock, egress
from adminportal.outbox import channels
from adminportal.outbox.channels import gateway as gateway_calls
from adminportal.outbox.channels.base import ChannelUnavailable
from adminportal.outbox.checks import check_channels
from adminportal.outbox.gateway_address import BadGatewayAddress, read_gateway
from adminportal.outbox.models import Channel, DevMessage, Failure, OutboundMessage, State
from tests.adminportal.outbox_cast import deliver, store, templates_setting, write_templates
from tests.services.gateways import Gateway, Reply

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+47 912 34 567"
TOKEN = "canary-token-of-the-gateway"


@pytest.fixture(autouse=True)
def _templates(settings: Settings, tmp_path: Path) -> None:
    write_templates(tmp_path)
    (tmp_path / "messages/letter/voice.txt").write_text("Your code is{% for digit in name %} {{ digit }}.{% endfor %}")
    settings.TEMPLATES = templates_setting(tmp_path)


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    with Gateway() as server:
        settings.SMS_CHANNEL_URL = f"webhook+http://127.0.0.1:{server.port}/sms?token={TOKEN}"
        yield server


@pytest.fixture
def twilio(settings: Settings) -> Iterator[Gateway]:
    with Gateway() as server:
        settings.SMS_CHANNEL_URL = f"twilio://AC42:{TOKEN}@127.0.0.1:{server.port}?from=+12025550100&scheme=http"
        yield server


def _text(to: str = NUMBER, channel: str = "sms", **changes: object) -> OutboundMessage:
    return store(channel=channel, to=to, **changes)


def test_webhook_gets_number_text_and_an_id_that_stays_the_same(gateway: Gateway) -> None:
    gateway.replies = [Reply(503)]
    message = _text()

    assert deliver(message) == State.QUEUED
    with clock.travel(timedelta(minutes=1)):
        assert deliver(message) == State.SENT

    first, second = (request.json() for request in gateway.requests)
    assert first == second
    assert first["to"] == "+4791234567"
    assert first["text"].startswith("Megan Bowen: http")
    assert first["id"] == f"{message.pk}.1@127.0.0.1"
    assert gateway.requests[0].path == f"/sms?token={TOKEN}"
    assert gateway.requests[0].headers["X-Correlation-Id"] == str(message.correlation_id)


def test_twilio_gets_its_form_with_basic_authentication(twilio: Gateway) -> None:
    twilio.replies = [Reply(201, body=b'{"sid": "SM0123456789"}')]
    message = _text()

    assert deliver(message) == State.SENT

    (request,) = twilio.requests
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert request.path == "/2010-04-01/Accounts/AC42/Messages.json"
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(f"AC42:{TOKEN}".encode()).decode()
    assert (form["To"], form["From"]) == ("+4791234567", "+12025550100")
    assert form["Body"].startswith("Megan Bowen: http")
    assert message.provider_id == "SM0123456789"


def test_call_speaks_digit_by_digit_and_names_the_extension(gateway: Gateway, settings: Settings) -> None:
    settings.VOICE_CHANNEL_URL = f"webhook+http://127.0.0.1:{gateway.port}/call"
    message = _text(to="+1 202 555 0143 x12", channel="voice", context={"name": "0451"})

    assert deliver(message) == State.SENT

    call = gateway.requests[0].json()
    assert (call["to"], call["extension"]) == ("+12025550143", "12")
    assert call["text"] == "Your code is 0. 4. 5. 1."


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize("kind", ["gateway", "twilio"])
def test_busy_gateway_is_asked_again_later(kind: str, status: int, request: pytest.FixtureRequest) -> None:
    server: Gateway = request.getfixturevalue(kind)
    server.replies = [Reply(status)]
    message = _text()

    assert deliver(message) == State.QUEUED

    assert (message.failure, message.failure_detail) == (Failure.TRY_LATER, f"HTTP {status}")
    assert message.next_attempt_at > clock.now()


@pytest.mark.parametrize(("asked", "least", "most"), [("90", 90, 91), ("999999", 3_600, 3_601), ("soon", 2, 6)])
def test_retry_after_is_the_least_that_passes_before_the_next_attempt(
    gateway: Gateway, asked: str, least: int, most: int
) -> None:
    gateway.replies = [Reply(429, headers={"Retry-After": asked})]
    message = _text()

    with clock.travel(freeze_at=clock.now() + timedelta(seconds=1)):
        deliver(message)
        waits = (message.next_attempt_at - clock.now()).total_seconds()

    assert least <= waits <= most


def test_refusal_of_twilio_is_final_and_keeps_its_number(twilio: Gateway) -> None:
    words = b'{"code": 21211, "message": "The number +4791234567 and the text are wrong"}'
    twilio.replies = [Reply(400, body=words)]
    message = _text()

    assert deliver(message) == State.FAILED

    assert (message.failure, message.failure_detail) == (Failure.RECIPIENT_REFUSED, "HTTP 400 21211")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"code": "a code: 123456"}', b"\xff"])
def test_odd_answer_of_twilio_is_a_refusal_all_the_same(twilio: Gateway, body: bytes) -> None:
    twilio.replies = [Reply(422, body=body)]
    message = _text()

    assert deliver(message) == State.FAILED
    assert message.failure_detail == "HTTP 422"


def test_refused_sign_in_waits_for_an_operator(twilio: Gateway) -> None:
    twilio.replies = [Reply(401)]
    message = _text()

    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.SIGN_IN_REFUSED


def test_redirect_is_not_followed(gateway: Gateway) -> None:
    gateway.replies = [Reply(302, headers={"Location": f"http://127.0.0.1:{gateway.port}/elsewhere"})]
    message = _text()

    assert deliver(message) == State.QUEUED

    assert [request.path for request in gateway.requests] == [f"/sms?token={TOKEN}"]
    assert message.failure_detail == "HTTP 302"


def test_gateway_that_takes_and_never_answers_gets_one_duplicate_at_most(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_calls, "TIMEOUT_SECONDS", 0.2)
    gateway.replies = [Reply(hangs=True), Reply(hangs=True), Reply()]
    message = _text()

    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.NO_ANSWER
    with clock.travel(timedelta(minutes=1)):
        assert deliver(message) == State.FAILED

    assert message.failure == Failure.NO_ANSWER_TWICE
    assert len({request.json()["id"] for request in gateway.requests}) == 1
    assert len(gateway.requests) == 2


def test_nobody_listening_is_tried_again(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.SMS_CHANNEL_URL = f"webhook+http://127.0.0.1:{taken.getsockname()[1]}/sms"
        message = _text()

        assert deliver(message) == State.QUEUED

    assert (message.failure, message.uncertain_attempts) == (Failure.UNREACHABLE, 0)


def test_host_that_egress_allow_does_not_cover_is_not_reached(gateway: Gateway, settings: Settings) -> None:
    settings.EGRESS_ALLOW = ["sms.example", "192.0.2.0/24"]
    message = _text()

    assert deliver(message) == State.QUEUED

    assert gateway.requests == []
    assert message.failure_detail == "EGRESS_ALLOW does not cover the host"


def test_allowed_name_that_leads_to_this_machine_is_not_reached(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EGRESS_ALLOW = ["sms.example"]
    settings.SMS_CHANNEL_URL = f"webhook+http://sms.example:{gateway.port}/sms"
    monkeypatch.setattr(egress, "_addresses_of", lambda host: [egress.ipaddress.ip_address("127.0.0.1")])
    message = _text()

    assert deliver(message) == State.QUEUED
    assert gateway.requests == []


def test_name_is_asked_once_and_its_address_is_connected_to(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SMS_CHANNEL_URL = f"webhook+http://sms.example:{gateway.port}/sms"
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    answers = iter([["127.0.0.1"], ["203.0.113.9"]])
    monkeypatch.setattr(
        egress, "_addresses_of", lambda host: [egress.ipaddress.ip_address(place) for place in next(answers)]
    )
    message = _text()

    assert deliver(message) == State.SENT
    assert gateway.requests[0].headers["Host"] == f"sms.example:{gateway.port}"


def test_without_tls_nothing_leaves_the_machine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EGRESS_ALLOW = ["192.0.2.0/24"]
    settings.SMS_CHANNEL_URL = "webhook+http://192.0.2.7/sms"
    monkeypatch.setattr(egress, "_addresses_of", lambda host: [egress.ipaddress.ip_address(host)])
    message = _text()

    deliver(message)

    assert message.failure_detail == "without TLS only loopback is reached"


@pytest.mark.parametrize("to", ["912 34 567", "+47", "+47 912 34 567; +47 912 34 568", "0047 91234567"])
def test_what_is_no_international_number_is_never_sent(gateway: Gateway, to: str) -> None:
    message = _text(to=to)

    assert deliver(message) == State.FAILED
    assert message.failure == Failure.ADDRESS_INVALID
    assert gateway.requests == []


def test_message_that_is_too_late_is_not_sent(gateway: Gateway) -> None:
    message = _text(not_after=clock.now() + timedelta(minutes=10))

    with clock.travel(timedelta(minutes=10, seconds=1)):
        deliver(message)

    assert gateway.requests == []
    message.refresh_from_db()
    assert message.state == State.EXPIRED


@pytest.mark.parametrize("kind", ["gateway", "twilio"])
def test_secret_of_the_address_is_in_no_log_and_no_row(
    kind: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    server: Gateway = request.getfixturevalue(kind)
    caplog.set_level(logging.DEBUG)
    server.replies = [Reply(500), Reply(400), Reply(401), Reply(302), Reply()]
    messages = [_text() for _ in range(5)]

    for message in messages:
        deliver(message)

    kept = str(list(OutboundMessage.objects.values()))
    address = repr(read_gateway(settings.SMS_CHANNEL_URL, channel="sms"))
    assert len(server.requests) == 5
    assert TOKEN not in caplog.text + kept + address


@pytest.mark.parametrize(
    "url",
    [
        "https://sms.example/in",
        "webhook+https://",
        "webhook+https://user:word@sms.example/in",
        "webhook+https://sms.example:port/in",
        "twilio://AC42@sms.example?from=+12025550100",
        "twilio://AC42:word@sms.example",
        "twilio://AC42:word@sms.example?from=+12025550100&scheme=ftp",
        "twilio://AC42:word@sms.example/path?from=+12025550100",
        "twilio://AC42:word@sms.example?from=+12025550100&more=1",
    ],
)
def test_address_that_is_none_stops_the_start_without_repeating_it(url: str, settings: Settings) -> None:
    settings.SMS_CHANNEL_URL = url

    with pytest.raises(BadGatewayAddress) as refusal:
        read_gateway(url, channel="sms")
    with pytest.raises(ChannelUnavailable):
        channels.open_channel("sms")

    (problem,) = check_channels(None)
    assert "SMS_URL" in str(problem.msg)
    assert "sms.example" not in str(refusal.value) + str(problem.msg) + str(problem.hint)


def test_calls_are_not_offered_until_an_operator_sets_them_up(settings: Settings) -> None:
    assert not channels.is_set_up(Channel.VOICE)
    assert check_channels(None) == []

    settings.VOICE_CHANNEL_URL = "inbox:"
    message = _text(channel="voice", context={"name": "12"})

    assert channels.is_set_up(Channel.VOICE)
    assert deliver(message) == State.SENT
    assert DevMessage.objects.get().channel == "voice"


def test_twilio_makes_no_calls(settings: Settings) -> None:
    settings.VOICE_CHANNEL_URL = f"twilio://AC42:{TOKEN}@sms.example?from=+12025550100"

    assert [problem.id for problem in check_channels(None)] == ["outbox.E001"]
