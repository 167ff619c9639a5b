"""The real services that tests stand on do what their fixtures promise."""

from __future__ import annotations

import smtplib
import socket
from pathlib import Path

import pytest
import redis
from django.db import connection

from tests.services import network
from tests.services.early import DATABASE
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey


def send(sink: SmtpSink, *, to: str = "adele.vance@contoso.example") -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        client.sendmail("portal@contoso.example", [to], "Subject: Hello\n\nGood day\n")


@pytest.mark.django_db
def test_database_is_the_one_the_run_asked_for() -> None:
    assert connection.vendor == DATABASE


@pytest.mark.postgres
@pytest.mark.django_db
def test_cluster_keeps_row_locks() -> None:
    assert connection.features.has_select_for_update


@pytest.mark.valkey
def test_valkey_comes_back_empty_on_the_same_port(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.set("key", "value")

    valkey.stop()
    with valkey.client() as client, pytest.raises(redis.ConnectionError):
        client.ping()
    valkey.start()

    with valkey.client() as client:
        assert client.get("key") is None


def test_sink_records_what_it_accepts(smtp_sink: SmtpSink) -> None:
    send(smtp_sink)

    (mail,) = smtp_sink.to("Adele.Vance@contoso.example")
    assert mail.message["Subject"] == "Hello"
    assert mail.body() == "Good day\n"


def test_sink_refuses_until_told_to_accept(smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse("550 5.7.1 No")
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_sink)

    smtp_sink.accept()
    send(smtp_sink)

    assert smtp_sink.attempts == 2
    assert len(smtp_sink.received) == 1


def test_sink_refuses_one_recipient(smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse("550 5.1.1 Unknown", address="nobody@contoso.example")

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_sink, to="nobody@contoso.example")
    send(smtp_sink)

    assert len(smtp_sink.received) == 1


def test_sink_can_be_away_and_come_back(smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_sink)

    smtp_sink.start()
    send(smtp_sink)

    assert len(smtp_sink.received) == 1


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as probe, pytest.raises(network.NetworkBlocked):
        probe.connect(("192.0.2.1", 80))
    with pytest.raises(network.NetworkBlocked):
        socket.create_connection(("portal.contoso.example", 80))


@pytest.mark.browser
def test_chromium_is_a_program(chromium_path: Path) -> None:
    assert chromium_path.is_file()
