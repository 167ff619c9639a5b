"""Forgot password while workers die and servers hang: the page answers, the code comes or is dead, never two codes."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from adminportal import clock
from adminportal.outbox import sweep, waking
from adminportal.outbox.dispatch import CLAIM_SECONDS
from adminportal.outbox.models import Failure, OutboundMessage, State
from tests.cast import Cast
from tests.faults.mail_worker import PATIENCE_SECONDS, SlowToAnswer, kill, start_worker, wait_until
from tests.passwords.reset_cast import try_sign_in
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import MAIL, MOBILE, NEW_PASSWORD, make_adele_alone
from users.services.sign_in import Outcome

pytestmark = pytest.mark.django_db(transaction=True)

UPN = "adele.vance@contoso.example"
CODE = re.compile(r"^\d{8}$", re.MULTILINE)
AFTER_THE_CLAIM = timedelta(seconds=CLAIM_SECONDS + 1)


@pytest.fixture
def cast() -> Iterator[Cast]:
    waking.forget_outage()
    made = make_adele_alone()
    yield made
    waking.forget_outage()


@contextmanager
def hanging() -> Iterator[tuple[int, list[socket.socket]]]:
    """Take connections and say nothing; gives the port and what was taken."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        listener = threading.Thread(target=accept, daemon=True)
        listener.start()
        yield server.getsockname()[1], taken
        server.shutdown(socket.SHUT_RDWR)
        listener.join()
    for each in taken:
        each.close()


def codes_of(sink: SmtpSink) -> list[str]:
    return [found[0] for mail in sink.to(MAIL) if (found := CODE.search(mail.body()))]


def state_of_code() -> str:
    return OutboundMessage.objects.filter(template="verification_code").earliest("created_at").state


def kill_a_worker_in_the_middle(folder: Path, sink: SlowToAnswer, valkey: Valkey, visit: Visit) -> None:
    """Have a code sent, and kill the worker while it hands the mail over."""
    worker = start_worker(folder, sink=sink, valkey=valkey)
    try:
        visit.begin(UPN)
        visit.send("email")
        wait_until(lambda: sink.attempts == 1, log=folder / "worker.log")
        assert state_of_code() == State.SENDING
    finally:
        kill(worker)
    sink.accept()
    sink.answer_after = 0.0


@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.parametrize("is_taken", [False, True], ids=["before the server took it", "after the server took it"])
def test_code_of_a_killed_worker_comes_and_is_the_same_code(
    cast: Cast, tmp_path: Path, slow_sink: SlowToAnswer, valkey: Valkey, is_taken: bool
) -> None:
    if is_taken:
        slow_sink.answer_after = PATIENCE_SECONDS
    else:
        slow_sink.delay(PATIENCE_SECONDS)
    visit = Visit()
    kill_a_worker_in_the_middle(tmp_path, slow_sink, valkey, visit)

    with clock.travel(AFTER_THE_CLAIM):
        sweep.sweep_messages(clock.now())
        codes = codes_of(slow_sink)
        assert len(codes) == (2 if is_taken else 1) and len(set(codes)) == 1
        visit.prove("email", codes[0])
        visit.finish()

    assert try_sign_in(UPN, NEW_PASSWORD).outcome is Outcome.RIGHT


@pytest.mark.postgres
@pytest.mark.valkey
def test_code_of_a_killed_worker_is_not_sent_once_another_was_asked_for(
    cast: Cast, tmp_path: Path, slow_sink: SlowToAnswer, valkey: Valkey
) -> None:
    slow_sink.delay(PATIENCE_SECONDS)
    visit = Visit()
    kill_a_worker_in_the_middle(tmp_path, slow_sink, valkey, visit)
    visit.send("email")

    with clock.travel(AFTER_THE_CLAIM):
        sweep.sweep_messages(clock.now())

    assert codes_of(slow_sink) == [visit.code()]
    older = OutboundMessage.objects.filter(template="verification_code").earliest("created_at")
    assert (older.state, older.failure) == (State.FAILED, Failure.CODE_GONE)


def test_code_is_not_sent_after_its_time(cast: Cast, smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    visit = Visit()
    visit.begin(UPN)
    visit.send("email")
    sweep.sweep_messages(clock.now())
    smtp_sink.start()

    with clock.travel(timedelta(minutes=10, seconds=1)):
        sweep.sweep_messages(clock.now())

    assert codes_of(smtp_sink) == []


@pytest.mark.parametrize("way", ["email", "mobile_sms"])
def test_request_opens_no_connection_to_a_server_that_hangs(cast: Cast, settings: Settings, way: str) -> None:
    """The page answers a name that somebody has as it answers one that nobody has: without asking any server."""
    with hanging() as (port, taken):
        settings.EMAIL_CHANNEL_URL = f"smtp://127.0.0.1:{port}"
        settings.SMS_CHANNEL_URL = f"webhook+http://127.0.0.1:{port}/sms"
        for name in (UPN, "nobody@contoso.example"):
            visit = Visit()
            visit.begin(name)
            assert visit.send(way, MOBILE).status_code == 302
            visit.page()
            visit.prove(way, "00000000")

    assert taken == []
    assert OutboundMessage.objects.filter(template="verification_code", state=State.QUEUED, to__gt="").count() == 1


@pytest.mark.valkey
def test_wizard_goes_on_while_the_broker_is_away(cast: Cast, smtp_sink: SmtpSink, valkey: Valkey) -> None:
    valkey.stop()
    visit = Visit()
    visit.begin(UPN)
    visit.send("email")
    sweep.sweep_messages(clock.now())

    (code,) = codes_of(smtp_sink)
    visit.prove("email", code)
    visit.finish()

    assert try_sign_in(UPN, NEW_PASSWORD).outcome is Outcome.RIGHT
