"""Link tokens: derived, found by digest, burnt once, killed by a newer one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage, State
from adminportal.sealing import Secret
from tests.adminportal.outbox_cast import RECIPIENT, deliver, store, templates_setting, write_templates
from tests.services.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _letter(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    write_templates(tmp_path)
    settings.TEMPLATES = templates_setting(tmp_path)  # type: ignore[attr-defined]
    monkeypatch.setattr("adminportal.outbox.waking.wake", lambda message_ids: True)


def test_token_finds_its_message_and_a_wrong_one_none() -> None:
    message = store()
    token = links.token_of(message)

    assert links.find_by_token(token) == message
    assert links.find_by_token(Secret("A" * 43)) is None
    assert links.find_by_token(Secret(token.expose() + "A")) is None
    assert links.find_by_token(Secret("")) is None


def test_token_is_found_after_a_new_key_came_first(settings: object) -> None:
    message = store()
    token = links.token_of(message)

    settings.SEALING_KEYS = ["a-new-sealing-key-of-enough-length-0123456789", *django_settings.SEALING_KEYS]  # type: ignore[attr-defined]

    assert links.find_by_token(token) == message
    assert links.token_of(message) == token


def test_two_messages_have_two_tokens_and_burn_alone() -> None:
    one, other = store(), store()

    assert links.token_of(one) != links.token_of(other)
    assert links.mark_opened(one, now=clock.now())
    assert links.mark_opened(other, now=clock.now())


def test_link_opens_once() -> None:
    message = store()

    assert links.mark_opened(message, now=clock.now())
    assert not links.mark_opened(message, now=clock.now())


def test_resend_kills_the_old_link_and_sends_a_new_one(smtp_sink: SmtpSink) -> None:
    message = store()
    deliver(message)
    old = links.token_of(message)

    with clock.travel(timedelta(hours=1)):
        links.resend(message, now=clock.now(), not_after=clock.now() + timedelta(hours=24))
        assert deliver(message) == State.SENT

    assert links.find_by_token(old) is None
    assert links.find_by_token(links.token_of(message)) == message
    first, second = smtp_sink.to(RECIPIENT)
    assert first.message["Message-ID"] != second.message["Message-ID"]
    assert links.token_of(message).expose() in second.body()


def test_old_page_cannot_open_a_resent_link() -> None:
    message = store()
    stale = OutboundMessage.objects.get(pk=message.pk)
    links.resend(message, now=clock.now())

    assert not links.mark_opened(stale, now=clock.now())


def test_resend_during_a_delivery_is_not_lost(smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    from adminportal.outbox import channels

    message = store()
    hand_over = channels.EmailChannel.send

    def resent_meanwhile(channel: channels.EmailChannel, parcel: object, **facts: object) -> str:
        if not smtp_sink.received:
            links.resend(OutboundMessage.objects.get(pk=message.pk), now=clock.now())
        return hand_over(channel, parcel, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(channels.EmailChannel, "send", resent_meanwhile)
    deliver(message)
    assert message.state == State.QUEUED
    deliver(message)

    assert message.state == State.SENT
    assert links.token_of(message).expose() in smtp_sink.received[-1].body()


@pytest.mark.parametrize("end", ["opened", "closed", "none"])
def test_spent_link_is_not_sent_again(end: str) -> None:
    message = store(link_purpose="" if end == "none" else "reveal")
    if end == "opened":
        links.mark_opened(message, now=clock.now())
    elif end == "closed":
        links.close(message.pk, now=clock.now())

    with pytest.raises(links.LinkSpent):
        links.resend(message, now=clock.now())


def test_closed_link_neither_opens_nor_goes_out(smtp_sink: SmtpSink) -> None:
    waiting, sent = store(), store()
    deliver(sent)

    assert links.close(waiting.pk, sent.pk, now=clock.now()) == 2

    assert deliver(waiting) is None
    assert waiting.state == State.CANCELLED
    assert not links.mark_opened(sent, now=clock.now())
    assert len(smtp_sink.received) == 1


def test_link_closed_while_its_mail_waits_for_a_retry_is_withdrawn(smtp_sink: SmtpSink) -> None:
    message = store()
    smtp_sink.refuse()
    deliver(message)
    OutboundMessage.objects.update(link_closed_at=clock.now())
    smtp_sink.accept()

    with clock.travel(timedelta(minutes=1)):
        deliver(message)

    assert message.state == State.CANCELLED
    assert smtp_sink.received == []
