"""Whatever stops or dies on the way: nothing is lost, nothing goes out late, at most one duplicate."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from adminportal import clock
from adminportal.outbox import links, sweep, tasks, waking
from adminportal.outbox.channels import email
from adminportal.outbox.dispatch import CLAIM_SECONDS
from adminportal.outbox.enqueue import enqueue
from adminportal.outbox.models import Failure, OutboundMessage, State
from tests.adminportal.outbox_cast import RECIPIENT, deliver, draft, store, templates_setting, write_templates
from tests.faults.mail_worker import PATIENCE_SECONDS, SlowToAnswer, kill, start_worker, wait_until
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _letter(tmp_path: Path, settings: object) -> Iterator[None]:
    write_templates(tmp_path)
    settings.TEMPLATES = templates_setting(tmp_path)  # type: ignore[attr-defined]
    waking.forget_outage()
    yield
    waking.forget_outage()


def _state(message_id: object) -> str:
    return OutboundMessage.objects.values_list("state", flat=True).get(pk=message_id)


@pytest.mark.postgres
@pytest.mark.valkey
def test_worker_is_woken_by_id_and_sends_once_though_woken_twice(
    tmp_path: Path, smtp_sink: SmtpSink, valkey: Valkey
) -> None:
    worker = start_worker(tmp_path, sink=smtp_sink, valkey=valkey)
    try:
        first, second = enqueue(draft(), draft(to="other@mail.example"), now=clock.now())
        assert waking.wake([first, first])
        wait_until(lambda: _state(first) == _state(second) == State.SENT, log=tmp_path / "worker.log")
        client = valkey.client()
        wait_until(lambda: client.llen("mail") == 0, log=tmp_path / "worker.log")
        client.close()
    finally:
        kill(worker)

    assert len(smtp_sink.to(RECIPIENT)) == 1
    assert len(smtp_sink.to("other@mail.example")) == 1


@pytest.mark.postgres
@pytest.mark.valkey
def test_worker_keeps_its_database_connection_and_renews_one_that_broke(
    tmp_path: Path, smtp_sink: SmtpSink, valkey: Valkey
) -> None:
    def send_one() -> set[int]:
        (message_id,) = enqueue(draft(), now=clock.now())
        wait_until(lambda: _state(message_id) == State.SENT, log=tmp_path / "worker.log")
        return _other_backends()

    worker = start_worker(tmp_path, sink=smtp_sink, valkey=valkey)
    try:
        kept = send_one()
        assert kept and send_one() == kept

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(kept)])
        wait_until(lambda: not _other_backends(), log=tmp_path / "worker.log")

        assert send_one().isdisjoint(kept)
    finally:
        kill(worker)


def _other_backends() -> set[int]:
    """Return the processes of PostgreSQL that serve somebody else in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.parametrize("taken", [False, True], ids=["before the server took it", "after the server took it"])
def test_message_of_a_killed_worker_arrives_and_at_most_twice(
    tmp_path: Path, slow_sink: SlowToAnswer, valkey: Valkey, taken: bool
) -> None:
    if taken:
        slow_sink.answer_after = PATIENCE_SECONDS
    else:
        slow_sink.delay(PATIENCE_SECONDS)
    worker = start_worker(tmp_path, sink=slow_sink, valkey=valkey)
    try:
        (message_id,) = enqueue(draft(), now=clock.now())
        wait_until(lambda: slow_sink.attempts == 1, log=tmp_path / "worker.log")
        assert _state(message_id) == State.SENDING
    finally:
        kill(worker)
    slow_sink.accept()
    slow_sink.answer_after = 0.0

    sweep.sweep_messages(clock.now())
    assert _state(message_id) == State.SENDING
    with clock.travel(timedelta(seconds=CLAIM_SECONDS + 1)):
        sweep.sweep_messages(clock.now())
        sweep.sweep_messages(clock.now())

    assert _state(message_id) == State.SENT
    arrived = slow_sink.to(RECIPIENT)
    assert len(arrived) == (2 if taken else 1)
    assert len({mail.raw for mail in arrived}) == 1


def test_server_that_never_answers_gets_the_message_twice_and_never_again(
    slow_sink: SlowToAnswer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "TIMEOUT_SECONDS", 0.3)
    slow_sink.answer_after = PATIENCE_SECONDS
    message = store()

    assert deliver(message) == State.QUEUED
    assert message.failure == Failure.NO_ANSWER
    with clock.travel(timedelta(minutes=10)):
        assert deliver(message) == State.FAILED
        sweep.sweep_messages(clock.now() + timedelta(hours=1))

    message.refresh_from_db()
    assert message.failure == Failure.NO_ANSWER_TWICE
    assert len(slow_sink.to(RECIPIENT)) == 2


def test_nothing_is_lost_while_the_mail_server_is_away(smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    messages = [store(to=f"person{number}@mail.example") for number in range(3)]
    for minutes in range(0, 60, 10):
        with clock.travel(timedelta(minutes=minutes)):
            sweep.sweep_messages(clock.now())
    smtp_sink.start()

    with clock.travel(timedelta(hours=2)):
        sweep.sweep_messages(clock.now())

    assert {_state(message.pk) for message in messages} == {State.SENT}
    assert len(smtp_sink.received) == 3


def test_nothing_goes_out_late_after_the_mail_server_was_away(smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    message = store(not_after=clock.now() + timedelta(minutes=10))
    sweep.sweep_messages(clock.now())
    smtp_sink.start()

    with clock.travel(timedelta(minutes=11)):
        sweep.sweep_messages(clock.now())

    assert _state(message.pk) == State.EXPIRED
    assert smtp_sink.received == []


@pytest.mark.valkey
def test_message_survives_an_emptied_broker(smtp_sink: SmtpSink, valkey: Valkey) -> None:
    with transaction.atomic():
        (message_id,) = enqueue(draft(), now=clock.now())
        assert valkey.client().llen("mail") == 0
    assert valkey.client().llen("mail") == 1
    valkey.flush()

    sweep.sweep_messages(clock.now())

    assert _state(message_id) == State.SENT
    assert len(smtp_sink.received) == 1


@pytest.mark.valkey
def test_broker_carries_the_id_and_nothing_of_the_message(valkey: Valkey) -> None:
    message = store()
    client = valkey.client()
    (queued,) = client.lrange("mail", 0, -1)
    client.close()

    assert RECIPIENT not in queued.decode()
    assert links.token_of(message).expose() not in queued.decode()


@pytest.mark.valkey
def test_one_wake_up_brings_the_messages_of_a_change_in_their_order(smtp_sink: SmtpSink, valkey: Valkey) -> None:
    addresses = [f"person{number}@mail.example" for number in range(12)]
    enqueue(*[draft(to=address) for address in addresses], now=clock.now())
    client = valkey.client()
    queued = [json.loads(base64.b64decode(json.loads(each)["body"])) for each in client.lrange("mail", 0, -1)]
    client.close()

    for _args, names, _rest in reversed(queued):
        tasks.deliver(**names)
        tasks.deliver(**names)

    assert [len(names["message_ids"]) for _args, names, _rest in reversed(queued)] == [10, 2]
    assert [mail.recipients for mail in smtp_sink.received] == [(address,) for address in addresses]


@pytest.mark.valkey
def test_message_survives_a_stopped_broker_that_is_asked_once(
    smtp_sink: SmtpSink, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    publish = waking._publish
    monkeypatch.setattr(waking, "_publish", lambda ids: (asked.append(ids), publish(ids)))
    valkey.stop()

    stored = [store(), store(), store()]
    assert len(asked) == 1
    sweep.sweep_messages(clock.now())

    assert {_state(message.pk) for message in stored} == {State.SENT}


@pytest.mark.valkey
def test_broker_that_came_back_is_used_again(valkey: Valkey) -> None:
    assert waking.wake([store().pk])
    valkey.stop()
    valkey.start()

    assert waking.wake([store().pk])


def test_broker_that_hangs_is_asked_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from adminportal.celery import app

    calls: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as hanging:

        def accept() -> None:
            while True:
                try:
                    calls.append(hanging.accept()[0])
                except OSError:
                    return

        listener = threading.Thread(target=accept, daemon=True)
        listener.start()
        monkeypatch.setattr(app.conf, "broker_url", f"redis://127.0.0.1:{hanging.getsockname()[1]}/0")
        message = store()
        assert not waking.wake([message.pk])
        hanging.shutdown(socket.SHUT_RDWR)
        listener.join()

    assert len(calls) == 1
    for call in calls:
        call.close()
