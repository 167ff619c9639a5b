"""Tests that the second home of the audit log gets everything at least once, and that its absence is told."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from adminportal import clock, egress, outgoing
from adminportal.audit import feed
from adminportal.audit.checkpoints import sign_all
from adminportal.audit.models import AuditEvent, AuditSink, AuditSinkCursor
from adminportal.audit.retention import remove_old_rows
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.sink_state import sink_state
from adminportal.audit.sinks import syslog
from adminportal.audit.sinks.webhook import SIGNATURE_HEADER
from adminportal.audit.tags import Result
from adminportal.settings import addresses
from tests.adminportal.audit_cast import CONTOSO, FABRIKAM, NOON, guards_off, write
from tests.cast import make_cast, signed_in
from tests.services.collectors import SyslogCollector, WebhookCollector, make_certificate

pytestmark = pytest.mark.django_db
KEY = "a-secret-of-the-webhook-for-tests-0123456789"


@pytest.fixture(autouse=True)
def _var_dir(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def collector(settings: Settings) -> Any:
    with SyslogCollector() as server:
        settings.AUDIT_SINK_URL = f"syslog+tcp://127.0.0.1:{server.port}"
        yield server


def _sealed(count: int = 1, **parts: Any) -> None:
    write(count, **parts)
    seal_waiting_rows()


def _bodies(collector: SyslogCollector) -> list[dict[str, Any]]:
    return [json.loads(message.split(" ", 7)[7]) for message in collector.messages]


def _seqs(collector: SyslogCollector, tenant: object = CONTOSO) -> list[int]:
    records = [body["portal"] for body in _bodies(collector) if "portal" in body]
    return [record["seq"] for record in records if record["tenantId"] == (str(tenant) if tenant else None)]


def test_every_sealed_row_of_every_chain_arrives_once_and_in_order(collector: SyslogCollector) -> None:
    write(3, tenant_id=CONTOSO)
    write(2, tenant_id=FABRIKAM)
    write(1, tenant_id=None)
    _sealed(1, tenant_id=CONTOSO)
    write(1, tenant_id=CONTOSO)

    assert feed.feed_sink(now=NOON) == 7
    assert feed.feed_sink(now=NOON) == 0

    assert _seqs(collector) == [1, 2, 3, 4]
    assert _seqs(collector, FABRIKAM) == [1, 2]
    assert _seqs(collector, None) == [1]


def test_message_is_rfc_5424_with_the_record_of_graph(collector: SyslogCollector) -> None:
    _sealed(result=Result.FAILURE, reason="ærlig\nline")

    feed.feed_sink(now=NOON)

    head, body = collector.messages[0].split(" - audit - ")
    row = AuditEvent.objects.get()
    record = json.loads(body)
    assert head == "<108>1 2031-05-04T12:00:00.000000Z 127.0.0.1 adminportal"
    assert record["id"] == row.public_id
    assert record["activityDateTime"] == "2031-05-04T12:00:00.0000000Z"
    assert record["initiatedBy"]["user"]["userPrincipalName"] == "ada@contoso.example"
    assert record["targetResources"][0]["modifiedProperties"][0]["oldValue"] == "Kari N"
    assert record["portal"]["rowHash"] == row.row_hash
    assert "\n" not in collector.messages[0]


def test_checkpoints_are_written_to_the_sink_too(collector: SyslogCollector) -> None:
    _sealed(2)
    sign_all(now=NOON)

    feed.feed_sink(now=NOON)
    feed.feed_sink(now=NOON)

    points = [body["portalCheckpoint"] for body in _bodies(collector) if "portalCheckpoint" in body]
    assert [point["seq"] for point in points] == [2]
    assert points[0]["signature"]


def test_lost_connection_repeats_rows_and_skips_none(
    collector: SyslogCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BATCH", 2)
    _sealed(5)
    collector.drop = 1

    assert feed.feed_sink(now=NOON) == 0
    assert AuditSink.objects.get().failure
    assert feed.feed_sink(now=NOON) == 5

    assert _seqs(collector) == [1, 2, 3, 4, 5]
    assert AuditSink.objects.get().failure == ""


def test_worker_killed_between_sending_and_noting_sends_again(
    collector: SyslogCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sealed(2)
    save = AuditSinkCursor.save

    def killed(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(
        AuditSinkCursor, "save", lambda self, **o: killed() if o.get("update_fields") else save(self, **o)
    )
    with pytest.raises(KeyboardInterrupt):
        feed.feed_sink(now=NOON)
    monkeypatch.undo()
    _sealed(1)

    feed.feed_sink(now=NOON)

    assert Counter(_seqs(collector)) == {1: 2, 2: 2, 3: 1}


def test_second_worker_leaves_the_first_alone_until_its_claim_has_passed(collector: SyslogCollector) -> None:
    _sealed(1)
    feed.feed_sink(now=NOON)
    AuditSink.objects.update(claimed_until=NOON + feed.CLAIM)
    _sealed(1)

    assert feed.feed_sink(now=NOON) == 0
    assert feed.feed_sink(now=NOON + feed.CLAIM + timedelta(seconds=1)) == 1


def test_chain_that_was_cut_is_told_and_sent_again(collector: SyslogCollector) -> None:
    _sealed(3)
    feed.feed_sink(now=NOON)
    with guards_off():
        AuditEvent.objects.filter(seq__gte=2).delete()
    _sealed(3)

    feed.feed_sink(now=NOON)

    gaps = [body["portalGap"] for body in _bodies(collector) if "portalGap" in body]
    assert [gap["sentTo"] for gap in gaps] == [3]
    assert _seqs(collector) == [1, 2, 3, 1, 2, 3, 4]
    assert sink_state(now=NOON).gaps == 1


def test_row_removed_before_it_was_sent_is_told(collector: SyslogCollector) -> None:
    _sealed(1)
    feed.feed_sink(now=NOON)
    _sealed(2)
    with guards_off():
        AuditEvent.objects.filter(seq=2).delete()

    feed.feed_sink(now=NOON)

    assert any("portalGap" in body for body in _bodies(collector))


def test_retention_of_what_was_sent_is_no_gap(collector: SyslogCollector) -> None:
    _sealed(2)
    sign_all(now=NOON)
    feed.feed_sink(now=NOON)
    later = NOON + timedelta(days=40)
    assert remove_old_rows(tenant_id=CONTOSO, keep=timedelta(days=30), now=later) == 2
    _sealed(1, now=later)

    feed.feed_sink(now=later)

    assert _seqs(collector) == [1, 2, 3]
    assert not any("portalGap" in body for body in _bodies(collector))


def test_tls_names_the_host_and_the_authority(settings: Settings, tmp_path: Path) -> None:
    ours, foreign = make_certificate(tmp_path), make_certificate(tmp_path, host="other.example")
    _sealed(2)

    with SyslogCollector(ours) as server, SyslogCollector(foreign) as stranger:
        for port, ca in ((server.port, foreign), (stranger.port, foreign), (stranger.port, ours)):
            settings.AUDIT_SINK_URL = f"syslog+tls://localhost:{port}?ca={ca.certificate}"
            assert feed.feed_sink(now=NOON) == 0
        assert (server.messages, stranger.messages) == ([], [])
        assert AuditSink.objects.exclude(failure__startswith="TLS failed").count() == 0

        settings.AUDIT_SINK_URL = f"syslog+tls://localhost:{server.port}?ca={ours.certificate}"
        assert feed.feed_sink(now=NOON) == 2
        assert _seqs(server) == [1, 2]


@pytest.mark.parametrize(("with_tls", "drips"), [(True, False), (False, False), (False, True)])
def test_collector_that_never_ends_the_connection_is_waited_for_once_and_not_flooded(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_tls: bool, drips: bool
) -> None:
    """Whether it took the batch is not certain, so it is sent again, but not at every run."""
    monkeypatch.setattr(syslog, "END_SECONDS", 0.3)
    certificate = make_certificate(tmp_path) if with_tls else None
    _sealed(2)

    with SyslogCollector(certificate) as server:
        server.stays, server.drips = True, drips
        scheme, ca = ("syslog+tls", f"?ca={certificate.certificate}") if certificate else ("syslog+tcp", "")
        settings.AUDIT_SINK_URL = f"{scheme}://localhost:{server.port}{ca}"

        with clock.travel(freeze_at=NOON):
            assert [feed.feed_sink(now=clock.now()) for _run in range(3)] == [0, 0, 0]
        assert AuditSink.objects.get().failure == "the collector does not end the connection"
        assert server.connections == 1
        server.stays = False
        assert feed.feed_sink(now=NOON + feed.CLAIM + timedelta(seconds=1)) == 2
        assert _seqs(server)[-2:] == [1, 2]


@pytest.mark.parametrize("with_tls", [True, False])
def test_webhook_is_signed_and_taken_by_2xx_alone(settings: Settings, tmp_path: Path, *, with_tls: bool) -> None:
    certificate = make_certificate(tmp_path) if with_tls else None
    settings.AUDIT_SINK_SECRET = KEY
    _sealed(2)

    with WebhookCollector(certificate) as server:
        scheme, ca = ("webhook+https", f"&ca={certificate.certificate}") if certificate else ("webhook+http", "")
        settings.AUDIT_SINK_URL = f"{scheme}://localhost:{server.port}/in?a=1{ca}"
        server.answers = [500, 302]
        assert feed.feed_sink(now=NOON) == 0
        assert feed.feed_sink(now=NOON) == 0
        assert AuditSink.objects.get().failure == "answered 302"
        assert feed.feed_sink(now=NOON) == 2

    call = server.calls[-1]
    signed = hmac.new(KEY.encode(), f"{int(NOON.timestamp())}.".encode() + call.body, hashlib.sha256).hexdigest()
    assert [call.path for call in server.calls] == ["/in?a=1"] * 3
    assert call.headers[SIGNATURE_HEADER] == f"t={int(NOON.timestamp())},v1={signed}"
    assert [json.loads(line)["portal"]["seq"] for line in call.body.splitlines()] == [1, 2]


@pytest.mark.parametrize("with_tls", [True, False])
def test_webhook_that_answers_a_byte_now_and_then_holds_nobody_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_tls: bool
) -> None:
    monkeypatch.setattr(outgoing, "ANSWER_SECONDS", 0.3)
    certificate = make_certificate(tmp_path) if with_tls else None
    settings.AUDIT_SINK_SECRET = KEY
    _sealed(2)

    with SyslogCollector(certificate, drips_at_once=True) as server:
        scheme, ca = ("webhook+https", f"?ca={certificate.certificate}") if certificate else ("webhook+http", "")
        settings.AUDIT_SINK_URL = f"{scheme}://localhost:{server.port}/in{ca}"

        assert feed.feed_sink(now=NOON) == 0

    assert AuditSink.objects.get().failure.startswith("no answer")


def test_host_that_egress_allow_does_not_cover_is_not_reached(collector: SyslogCollector, settings: Settings) -> None:
    settings.EGRESS_ALLOW = ["collector.example", "192.0.2.0/24"]
    _sealed(1)

    assert feed.feed_sink(now=NOON) == 0

    assert collector.connections == 0
    assert AuditSink.objects.get().failure == "EGRESS_ALLOW does not cover the host"


def test_plain_connection_never_leaves_the_machine(settings: Settings) -> None:
    settings.EGRESS_ALLOW = ["192.0.2.0/24"]
    settings.AUDIT_SINK_URL = "syslog+tcp://192.0.2.7:601"
    _sealed(1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(egress, "_addresses_of", lambda host: [egress.ipaddress.ip_address(host)])
        assert feed.feed_sink(now=NOON) == 0

    assert AuditSink.objects.get().failure == "without TLS only loopback is reached"


def test_allowed_name_that_leads_inward_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EGRESS_ALLOW = [".collector.example", "10.0.0.0/8"]

    def judged(*found: str) -> list[str]:
        places = [egress.ipaddress.ip_address(place) for place in found]
        monkeypatch.setattr(egress, "_addresses_of", lambda host: places)
        return [str(place) for place in egress.allowed_addresses("eu.collector.example")]

    assert judged("203.0.113.9", "127.0.0.1", "169.254.169.254", "10.1.1.1") == ["203.0.113.9", "10.1.1.1"]
    with pytest.raises(egress.EgressRefused):
        judged("169.254.169.254")


def test_alarm_when_the_oldest_unsent_row_is_older_than_allowed(
    settings: Settings, client: Client, collector: SyslogCollector
) -> None:
    settings.AUDIT_SINK_LATE_MINUTES = 15
    _sealed(1)
    feed.feed_sink(now=NOON)
    _sealed(1)

    with clock.travel(freeze_at=NOON + timedelta(minutes=15)):
        in_time = sink_state(now=clock.now()).status
    with clock.travel(freeze_at=NOON + timedelta(minutes=15, seconds=1)):
        health = client.get("/health/ready").json()
        figures = client.get("/metrics").text
        feed.feed_sink(now=clock.now())
        caught_up = sink_state(now=clock.now())

    assert in_time == "ok"
    assert (health["audit_sink"], health["status"]) == ("late", "degraded")
    assert "portal_audit_oldest_unsent_seconds 901.0" in figures
    assert (caught_up.status, caught_up.oldest_unsent_seconds) == ("ok", 0.0)


def test_sealer_that_stands_still_raises_the_alarm_too(settings: Settings, collector: SyslogCollector) -> None:
    feed.feed_sink(now=NOON)
    write(1)

    assert sink_state(now=NOON + timedelta(hours=1)).status == "late"


def test_history_from_before_the_sink_counts_from_its_set_up(settings: Settings, collector: SyslogCollector) -> None:
    _sealed(1)
    later = NOON + timedelta(days=300)
    collector.drop = 1
    feed.feed_sink(now=later)

    assert sink_state(now=later).status == "ok"
    assert sink_state(now=later + timedelta(minutes=16)).status == "late"


def test_home_tells_readers_of_the_log_that_the_copy_is_behind(settings: Settings) -> None:
    cast = make_cast()
    settings.AUDIT_SINK_URL = "syslog+tcp://127.0.0.1:1"
    settings.AUDIT_SINK_LATE_MINUTES = 15
    write(1, now=clock.now())
    told = "The copy of the audit log is behind."

    with clock.travel(timedelta(minutes=16)):
        for_reader = signed_in(cast["global.admin"]).get("/").text
        for_helpdesk = signed_in(cast["helpdesk.admin"]).get("/").text

    assert told in for_reader
    assert told not in for_helpdesk


def test_no_sink_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert feed.feed_sink(now=NOON) == 0
        assert sink_state(now=NOON).status == "off"


@pytest.mark.parametrize(
    ("url", "secret", "told"),
    [
        ("http://collector.example", KEY, "not one of the forms"),
        ("syslog+tls://", KEY, "not one of the forms"),
        ("syslog+tls://user@collector.example", KEY, "not one of the forms"),
        ("syslog+tls://collector.example:port", KEY, "no address"),
        ("syslog+tls://collector.example/path", KEY, "nothing but ca="),
        ("webhook+https://collector.example/in", "short", "AUDIT_SINK_SECRET needs at least 32"),
    ],
)
def test_start_is_refused_with_an_address_that_cannot_work(url: str, secret: str, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=told):
        addresses.audit_sink(url, secret=secret)


def test_secret_and_path_of_the_webhook_stand_in_no_row(settings: Settings) -> None:
    settings.AUDIT_SINK_SECRET = KEY
    settings.AUDIT_SINK_URL = "webhook+http://127.0.0.1:1/canary-in-the-path"
    _sealed(1)

    feed.feed_sink(now=NOON)

    kept = str(list(AuditSink.objects.values()))
    assert "canary" not in kept
    assert KEY not in kept
