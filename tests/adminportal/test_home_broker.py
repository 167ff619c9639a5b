"""Home tells administrators while the broker is away, and asks it no more often than health does."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.centre.readiness import KEPT
from tests.adminportal.audit_cast import NOON
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.services.valkey import Valkey

pytestmark = [pytest.mark.django_db, pytest.mark.valkey]
ALERT = "The broker does not answer."


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def home_of(client: Client) -> str:
    with within_budget("centre:home"):
        return client.get(reverse("centre:home")).content.decode()


@pytest.mark.parametrize("who", ["global.admin", "helpdesk.admin", "reports.reader"])
def test_stopped_broker_is_told_and_a_started_one_no_more(cast: Cast, valkey: Valkey, who: str) -> None:
    with clock.travel(freeze_at=NOON):
        client = signed_in(cast[who])
        running = home_of(client)
    valkey.stop()
    with clock.travel(freeze_at=NOON + KEPT):
        stopped = home_of(client)
    valkey.start()
    with clock.travel(freeze_at=NOON + 2 * KEPT):
        started = home_of(client)

    assert [ALERT in page for page in (running, stopped, started)] == [False, True, False]


def test_home_and_health_connect_once_in_three_seconds_together(cast: Cast, valkey: Valkey) -> None:
    counter = valkey.client()
    with clock.travel(freeze_at=NOON):
        client = signed_in(cast["global.admin"])
        before = int(counter.info("stats")["total_connections_received"])
        for _ in range(5):
            client.get(reverse("centre:home"))
            client.get("/health/ready")
    after = int(counter.info("stats")["total_connections_received"])
    counter.close()

    assert after - before == 1
