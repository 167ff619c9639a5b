"""Health, metrics and the reports of browsers."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import Settings

from adminportal import clock
from adminportal.centre.readiness import KEPT
from adminportal.hashing import build_kind
from tests.adminportal.audit_cast import NOON
from tests.services.valkey import Valkey


@pytest.fixture
def nobody_listens(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"


def test_live_asks_nothing(client: Client) -> None:
    # Without the django_db mark any query would raise.
    assert client.get("/health/live").json() == {"status": "ok"}


@pytest.mark.valkey
@pytest.mark.django_db
def test_ready_with_database_and_broker(client: Client, valkey: Valkey) -> None:
    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "audit_sink": "off",
        "hashing": build_kind().value,
    }


@pytest.mark.valkey
@pytest.mark.django_db
def test_ready_connects_to_the_broker_once_in_three_seconds_however_often_it_is_asked(
    client: Client, valkey: Valkey
) -> None:
    counter = valkey.client()

    def connections() -> int:
        return int(counter.info("stats")["total_connections_received"])

    before = connections()
    with clock.travel(freeze_at=NOON):
        answers = {client.get("/health/ready").content for _ in range(50)}
    asked_at_once = connections() - before
    with clock.travel(freeze_at=NOON + KEPT):
        client.get("/health/ready")
    asked_later = connections() - before - asked_at_once
    counter.close()

    assert len(answers) == 1
    assert (asked_at_once, asked_later) == (1, 1)


@pytest.mark.django_db
def test_change_is_told_when_the_answer_has_aged(client: Client, settings: Settings, valkey: Valkey) -> None:
    with clock.travel(freeze_at=NOON):
        client.get("/health/ready")
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        kept = client.get("/health/ready").json()["broker"]
    with clock.travel(freeze_at=NOON + KEPT):
        fresh = client.get("/health/ready").json()["broker"]

    assert (kept, fresh) == ("ok", "unreachable")


@pytest.mark.django_db
@pytest.mark.usefixtures("nobody_listens")
def test_lost_broker_is_degraded_and_still_ready(client: Client) -> None:
    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["broker"] == "unreachable"


@pytest.mark.django_db
@pytest.mark.usefixtures("nobody_listens")
def test_lost_database_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*arguments: object) -> None:
        raise OperationalError("could not connect to secret-host")

    monkeypatch.setattr(MigrationExecutor, "migration_plan", lost)

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert response.json()["database"] == "unreachable"
    assert response.json()["audit_sink"] == "unknown"
    assert "secret-host" not in response.text


@pytest.mark.django_db
@pytest.mark.usefixtures("nobody_listens")
def test_missing_migration_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("one", False)])

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["database"] == "migrations missing"


def test_metrics_are_open_to_loopback(client: Client) -> None:
    client.get("/health/live")

    response = client.get("/metrics")

    assert response.status_code == 200
    assert 'portal_requests_total{method="GET",route="health-live",status="200"}' in response.text
    assert "portal_password_hashes " in response.text


@pytest.mark.parametrize(
    "extra",
    [
        {"REMOTE_ADDR": "192.0.2.9"},
        {"headers": {"X-Forwarded-For": "203.0.113.5"}},
        {"REMOTE_ADDR": "192.0.2.9", "headers": {"Authorization": "Bearer wrong"}},
        {"REMOTE_ADDR": "192.0.2.9", "headers": {"Authorization": "Bearer "}},
        {"REMOTE_ADDR": ""},
    ],
)
@pytest.mark.parametrize("token", ["", "right-token"])
def test_metrics_are_closed_to_others(client: Client, settings: Settings, token: str, extra: dict[str, object]) -> None:
    settings.METRICS_TOKEN = token

    response = client.get("/metrics", **extra)  # type: ignore[arg-type]

    assert response.status_code == 403
    assert "portal_requests" not in response.text


def test_metrics_open_to_the_holder_of_the_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "right-token"

    response = client.get("/metrics", REMOTE_ADDR="192.0.2.9", headers={"Authorization": "Bearer right-token"})

    assert response.status_code == 200


def test_metrics_hold_no_labels_that_strangers_choose(client: Client) -> None:
    client.get("/canary-in-a-path")
    client.generic("CANARY", "/health/live")

    text = client.get("/metrics").text

    assert "canary" not in text.lower()
    assert 'method="OTHER"' in text


def test_policy_report_of_a_browser_is_taken_without_its_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    report = {
        "csp-report": {
            "violated-directive": "script-src",
            "blocked-uri": "https://evil.example/x?secret=1",
            "document-uri": "https://portal.example/reveal/canary-token",
        }
    }

    response = client.post("/csp-report", json.dumps(report), content_type="application/csp-report")

    assert response.status_code == 204
    assert "evil.example" in caplog.text
    assert "canary-token" not in caplog.text
    assert "secret=1" not in caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"csp-report": 5}', 400),
        (b'{"csp-report": {}}', 400),
        (b"\xff", 400),
        (b"x" * 8193, 413),
    ],
)
def test_policy_report_that_is_none_is_refused(client: Client, body: bytes, status: int) -> None:
    assert client.post("/csp-report", body, content_type="application/csp-report").status_code == status


@pytest.mark.django_db
@pytest.mark.usefixtures("nobody_listens")
@pytest.mark.parametrize("address", ["/health/live", "/health/ready", "/metrics"])
def test_health_changes_nothing(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
