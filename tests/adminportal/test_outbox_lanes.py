"""Messages of bulk jobs stand behind those of single people, and carry secrets that rest nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from adminportal import clock
from adminportal.outbox import registry, sweep, waking
from adminportal.outbox.enqueue import enqueue
from adminportal.outbox.models import Failure, Lane, OutboundMessage, State
from adminportal.outbox.tasks import drain_bulk
from tests.adminportal.outbox_cast import deliver, draft, store, templates_setting, write_templates
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey

pytestmark = pytest.mark.django_db

BULK = {"lane": Lane.BULK, "link_purpose": ""}


@pytest.fixture(autouse=True)
def _letter(tmp_path: Path, settings: Settings) -> Iterator[None]:
    write_templates(tmp_path)
    settings.TEMPLATES = templates_setting(tmp_path)
    waking.forget_outage()
    yield
    waking.forget_outage()


def test_single_mail_overtakes_five_thousand_of_a_bulk_job(
    smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 50)
    long_ago = clock.now() - timedelta(minutes=5)
    enqueue(*(draft(to=f"crowd{number}@mail.example", **BULK) for number in range(5_000)), now=long_ago)
    enqueue(draft(to="single@mail.example"), now=clock.now())

    sweep.deliver_due(now=clock.now())

    assert smtp_sink.received[0].recipients == ("single@mail.example",)
    assert len(smtp_sink.received) == 50


def test_single_mail_that_comes_while_bulk_mails_go_out_waits_for_one_round_at_most(
    smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(*(draft(to=f"crowd{number}@mail.example", **BULK) for number in range(60)), now=clock.now())
    listed = sweep._list_due

    def list_and_let_one_come(**wanted: object) -> object:
        found = listed(**wanted)  # type: ignore[arg-type]
        if not OutboundMessage.objects.filter(to="single@mail.example").exists():
            enqueue(draft(to="single@mail.example"), now=clock.now() - timedelta(seconds=1))
        return found

    monkeypatch.setattr(sweep, "_list_due", list_and_let_one_come)
    sweep.deliver_due(now=clock.now())

    arrived = [mail.recipients[0] for mail in smtp_sink.received]
    assert arrived.index("single@mail.example") == sweep.ROUND


def test_worker_of_the_bulk_lane_leaves_single_mails_to_their_own(smtp_sink: SmtpSink) -> None:
    enqueue(draft(to="crowd@mail.example", **BULK), draft(to="single@mail.example"), now=clock.now())

    drain_bulk()

    assert [mail.recipients for mail in smtp_sink.received] == [("crowd@mail.example",)]


@pytest.mark.valkey
@pytest.mark.django_db(transaction=True)
def test_bulk_mails_wake_their_own_queue_once_however_many_they_are(valkey: Valkey) -> None:
    enqueue(*(draft(to=f"crowd{number}@mail.example", **BULK) for number in range(40)), now=clock.now())
    enqueue(draft(), now=clock.now())

    client = valkey.client()
    assert (client.llen("bulk-mail"), client.llen("mail")) == (1, 1)
    client.close()


def test_drain_comes_back_for_what_is_left(smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 50)
    woken: list[str] = []
    monkeypatch.setattr("adminportal.outbox.tasks.wake_bulk", lambda: woken.append("again"))
    enqueue(*(draft(to=f"crowd{number}@mail.example", **BULK) for number in range(60)), now=clock.now())

    drain_bulk()
    assert (len(smtp_sink.received), woken) == (50, ["again"])
    drain_bulk()
    assert (len(smtp_sink.received), woken) == (60, ["again"])


def test_secret_is_opened_at_delivery_and_rests_nowhere(smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_openers", {"letters": lambda message, now: {"link": "Opened-At-Delivery"}})
    message = store(link_purpose="", secret_purpose="letters")
    assert "Opened-At-Delivery" not in str(OutboundMessage.objects.values().get())

    assert deliver(message) == State.SENT

    assert "Opened-At-Delivery" in smtp_sink.received[0].raw.decode()
    assert "Opened-At-Delivery" not in str(OutboundMessage.objects.values().get())


def test_message_whose_secret_is_over_is_not_sent(smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_openers", {"letters": lambda message, now: None})
    message = store(link_purpose="", secret_purpose="letters")

    assert deliver(message) == State.FAILED

    assert message.failure == Failure.SECRET_GONE
    assert smtp_sink.received == []


def test_message_whose_opener_is_missing_is_not_sent(smtp_sink: SmtpSink) -> None:
    message = store(link_purpose="", secret_purpose="nobody")

    assert deliver(message) == State.FAILED
    assert message.failure == Failure.CONTENT_UNBUILDABLE
