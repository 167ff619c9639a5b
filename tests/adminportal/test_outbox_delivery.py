"""Delivery of messages over SMTP: one content, one Message-ID, never late, refusals told apart."""

from __future__ import annotations

import smtplib
import threading
from contextlib import ExitStack
from datetime import timedelta
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from django.db import connection, transaction

from adminportal import clock, sealing
from adminportal.outbox import channels, content, links, masking, sweep
from adminportal.outbox.channels.base import ChannelUnavailable
from adminportal.outbox.dispatch import CLAIM_SECONDS, claim, pause_seconds, release_lost_claims
from adminportal.outbox.enqueue import enqueue
from adminportal.outbox.models import DevMessage, Failure, OutboundMessage, State
from tests.adminportal.outbox_cast import RECIPIENT, deliver, draft, store, templates_setting, write_templates
from tests.services.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _letter(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    write_templates(tmp_path)
    settings.TEMPLATES = templates_setting(tmp_path)  # type: ignore[attr-defined]
    monkeypatch.setattr("adminportal.outbox.waking.wake", lambda message_ids: True)


def test_mail_carries_link_headers_and_both_parts(smtp_sink: SmtpSink) -> None:
    message = store()

    assert deliver(message) == State.SENT

    (mail,) = smtp_sink.to(RECIPIENT)
    link = links.address_of(message).expose()
    assert mail.message["Subject"] == "Sign-in info for Megan Bowen"
    assert mail.message["Message-ID"] == f"<{message.id}.1@127.0.0.1>"
    assert mail.message["X-Correlation-Id"] == str(message.correlation_id)
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert link in mail.body("plain")
    assert "\n.starts with a dot\n" in mail.body("plain").replace("\r\n", "\n")
    assert link in mail.body("html")
    assert message.sent_at is not None
    assert message.failure == ""


def test_retry_sends_the_same_bytes_under_the_same_message_id(smtp_sink: SmtpSink) -> None:
    message = store()
    smtp_sink.refuse("451 4.3.0 Try again later")
    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.TRY_LATER
    smtp_sink.accept()

    with clock.travel(timedelta(minutes=10)):
        assert deliver(message) == State.SENT
        OutboundMessage.objects.update(state=State.QUEUED)
        assert deliver(message) == State.SENT

    first, second = smtp_sink.to(RECIPIENT)
    assert first.raw == second.raw


def test_message_is_not_tried_before_its_pause_is_over(smtp_sink: SmtpSink) -> None:
    message = store()
    smtp_sink.refuse()
    deliver(message)
    smtp_sink.accept()

    assert deliver(message) is None
    assert smtp_sink.received == []


def test_pause_doubles_and_stays_bounded() -> None:
    assert [pause_seconds(n, chance=lambda: 1.0) for n in (1, 2, 3)] == [5, 10, 20]
    assert pause_seconds(1, chance=lambda: 0.0) == 2.5
    assert pause_seconds(5000, chance=lambda: 1.0) == 300


def test_refused_recipient_fails_at_once_with_the_reason_and_without_the_address(smtp_sink: SmtpSink) -> None:
    message = store()
    smtp_sink.refuse(f"550 5.1.1 <{RECIPIENT}> unknown", address=RECIPIENT)

    assert deliver(message) == State.FAILED

    assert message.failure == Failure.RECIPIENT_REFUSED
    assert message.failure_detail == "550 5.1.1 <m•••@mail.example> unknown"


def test_refused_content_fails_at_once(smtp_sink: SmtpSink) -> None:
    message = store()
    smtp_sink.refuse("554 5.6.0 Not here")

    assert deliver(message) == State.FAILED
    assert message.failure == Failure.CONTENT_REFUSED


@pytest.mark.parametrize("address", ["nobody", "a@b@", "@mail.example", "a b@mail.example", "a@mail.example\r\nBcc: x"])
def test_address_that_is_none_fails_without_a_connection(smtp_sink: SmtpSink, address: str) -> None:
    message = store(to=address)

    assert deliver(message) == State.FAILED
    assert message.failure == Failure.ADDRESS_INVALID
    assert smtp_sink.attempts == 0


def test_domain_beyond_ascii_is_written_as_smtp_needs_it(smtp_sink: SmtpSink) -> None:
    assert deliver(store(to="jens@blåbær.example")) == State.SENT
    assert smtp_sink.received[0].recipients == ("jens@xn--blbr-roah.example",)


def test_line_ends_in_a_name_make_neither_header_nor_line(smtp_sink: SmtpSink) -> None:
    deliver(store(context={"name": "Eve\r\nBcc: victim@mail.example\r\n\r\nPay here\u2028now\x00"}))

    (mail,) = smtp_sink.received
    assert mail.recipients == (RECIPIENT,)
    assert mail.message["Bcc"] is None
    assert str(make_header(decode_header(str(mail.message["Subject"])))) == (
        "Sign-in info for Eve Bcc: victim@mail.example Pay here now"
    )
    assert "Hello Eve Bcc: victim@mail.example Pay here now," in mail.body("plain")


def test_markup_in_a_name_is_escaped_in_html_and_literal_in_text(smtp_sink: SmtpSink) -> None:
    deliver(store(context={"name": "<b>O'Brien</b> & {{ link }}"}))

    (mail,) = smtp_sink.received
    assert "&lt;b&gt;O&#x27;Brien&lt;/b&gt; &amp; {{ link }}" in mail.body("html")
    assert "<b>O'Brien</b> & {{ link }}" in mail.body("plain")


def test_message_goes_out_at_its_last_moment(smtp_sink: SmtpSink) -> None:
    end = clock.now() + timedelta(hours=1)
    message = store(not_after=end)

    with clock.travel(freeze_at=end):
        assert deliver(message) == State.SENT


def test_message_is_expired_and_not_sent_a_moment_later(smtp_sink: SmtpSink) -> None:
    end = clock.now() + timedelta(hours=1)
    message = store(not_after=end)

    with clock.travel(freeze_at=end + timedelta(microseconds=1)):
        assert deliver(message) is None

    assert message.state == State.EXPIRED
    assert smtp_sink.received == []


@pytest.mark.parametrize("step", ["building", "envelope"])
def test_message_that_expires_between_claim_and_handover_is_not_sent(
    smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    message = store(not_after=clock.now() + timedelta(hours=1))
    place, name = {"building": (content, "build"), "envelope": (smtplib.SMTP, "rcpt")}[step]
    work = getattr(place, name)

    with ExitStack() as time_passes:

        def slowly(*arguments: object) -> object:
            time_passes.enter_context(clock.travel(timedelta(hours=2)))
            return work(*arguments)

        monkeypatch.setattr(place, name, slowly)
        assert deliver(message) == State.EXPIRED

    assert message.state == State.EXPIRED
    assert smtp_sink.received == []


def test_lost_claim_is_tried_once_more_and_then_failed() -> None:
    message = store()
    for outcome in (State.QUEUED, State.FAILED):
        began = clock.now() + timedelta(seconds=2 * CLAIM_SECONDS * message.attempts)
        assert claim(message.pk, now=began) is not None
        assert release_lost_claims(now=began + timedelta(seconds=CLAIM_SECONDS)) == 0
        assert release_lost_claims(now=began + timedelta(seconds=CLAIM_SECONDS + 1)) == 1
        message.refresh_from_db()
        assert message.state == outcome

    assert message.failure == Failure.NO_ANSWER_TWICE
    assert message.uncertain_attempts == 2


def test_slow_worker_that_sent_after_all_ends_the_second_attempt(
    smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = store()
    hand_over = channels.EmailChannel.send

    def slowly(channel: channels.EmailChannel, parcel: object, **facts: object) -> str:
        provider_id = hand_over(channel, parcel, **facts)  # type: ignore[arg-type]
        release_lost_claims(now=clock.now() + timedelta(seconds=CLAIM_SECONDS + 1))
        return provider_id

    monkeypatch.setattr(channels.EmailChannel, "send", slowly)
    deliver(message)

    assert message.state == State.SENT
    assert deliver(message) is None


def test_key_that_left_the_ring_fails_the_message(smtp_sink: SmtpSink) -> None:
    message = store()
    OutboundMessage.objects.update(key_id="gone")

    assert deliver(message) == State.FAILED
    assert message.failure == Failure.KEY_GONE


def test_missing_template_fails_the_message_and_names_it(smtp_sink: SmtpSink) -> None:
    message = store(template="nothing-here")

    assert deliver(message) == State.FAILED
    assert message.failure == Failure.CONTENT_UNBUILDABLE
    assert message.failure_detail == "messages/nothing-here/subject.txt"


@pytest.mark.postgres
def test_two_dispatchers_at_once_send_once(smtp_sink: SmtpSink) -> None:
    message = store()
    smtp_sink.delay(0.3)
    gate = threading.Barrier(8)
    outcomes: list[State | None] = []

    def run() -> None:
        own = OutboundMessage.objects.get(pk=message.pk)
        gate.wait()
        outcomes.append(deliver(own))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, outcomes)) == sorted(["sent"] + ["None"] * 7)
    assert len(smtp_sink.received) == 1


def test_rolled_back_change_leaves_no_message_and_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[object] = []
    monkeypatch.setattr("adminportal.outbox.waking.wake", woken.append)

    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue(draft(), now=clock.now())
        raise RuntimeError

    assert not OutboundMessage.objects.exists()
    assert woken == []


def test_sweep_delivers_all_due_over_one_connection(smtp_sink: SmtpSink) -> None:
    enqueue(*[draft(to=f"person{number}@mail.example") for number in range(5)], now=clock.now())

    assert sweep.sweep_messages(clock.now()) == 5
    assert len(smtp_sink.received) == 5


def test_sweep_probes_a_server_that_is_away_once_and_keeps_the_rest(smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    enqueue(*[draft(to=f"person{number}@mail.example") for number in range(5)], now=clock.now())

    assert sweep.sweep_messages(clock.now()) == 1
    assert OutboundMessage.objects.filter(attempts=0, state=State.QUEUED).count() == 4

    smtp_sink.start()
    with clock.travel(timedelta(minutes=1)):
        sweep.sweep_messages(clock.now())
    assert len(smtp_sink.received) == 5


def test_inbox_keeps_what_would_be_sent(settings: object) -> None:
    settings.EMAIL_CHANNEL_URL = settings.SMS_CHANNEL_URL = "inbox:"  # type: ignore[attr-defined]
    mail, text = store(), store(channel="sms", to="+4712345678")

    assert deliver(mail) == deliver(text) == State.SENT

    assert links.address_of(mail).expose() in DevMessage.objects.get(channel="email").text
    assert DevMessage.objects.get(channel="sms").text == f"Megan Bowen: {links.address_of(text).expose()}\n"


def test_inbox_does_not_exist_outside_a_trial(settings: object) -> None:
    settings.DEMO, settings.EMAIL_CHANNEL_URL = False, "inbox:"  # type: ignore[attr-defined]
    message = store()

    with pytest.raises(ChannelUnavailable):
        channels.open_channel("email")
    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.CHANNEL_UNAVAILABLE
    assert not DevMessage.objects.exists()


@pytest.mark.parametrize("url", ["", "http://mail.example", "smtp://", "smtp://mail.example?tls=no", "smtp://h?x=1"])
def test_address_of_a_channel_that_does_not_exist_is_refused(settings: object, url: str) -> None:
    settings.EMAIL_CHANNEL_URL = url  # type: ignore[attr-defined]
    with pytest.raises(ChannelUnavailable):
        channels.open_channel("email")


def test_addresses_are_masked() -> None:
    assert masking.mask("megan@mail.example") == "m•••@mail.example"
    assert masking.mask("+47 912 34 512") == "+47 ••• 12"
    assert masking.mask("123") == "•••"


def test_no_token_rests_in_the_row(smtp_sink: SmtpSink) -> None:
    message = store()
    deliver(message)
    token = links.token_of(message).expose()

    row = OutboundMessage.objects.filter(pk=message.pk).values().get()

    assert token not in str(row)
    assert row["link_digest"] == sealing.keyed_digest(links.DIGEST_PURPOSE, token)
