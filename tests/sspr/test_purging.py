"""What nobody needs any more goes by an index and some rows at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from adminportal import clock, purging
from sspr.models import GateFailures, RecoveryAttempt, RecoveryLock
from sspr.services.cancel import purge
from tests.sspr.wizard_ways import make_adele_alone
from users.sessions import KEPT_AFTER_END, open_session, purge_sessions
from users.tenancy import across_tenants

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=500)


def test_one_run_deletes_only_so_many_of_each_and_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "AT_ONCE", 2)
    now = clock.now()
    for age in range(3):
        past = now - LONG_AGO - timedelta(days=age)
        RecoveryLock.objects.create(subject=str(age), until=past, limit="L04")
        GateFailures.objects.create(subject=str(age), gate="email", changed_at=past)
        RecoveryAttempt.objects.create(
            subject=str(age), cookie_digest=str(age), state="cancelled", created_at=past, expires_at=past, ended_at=past
        )

    assert purge(now) == 2 + 2 + 2 + 1
    assert RecoveryLock.objects.get().subject == GateFailures.objects.get().subject == "0"
    assert not RecoveryAttempt.objects.exists()
    assert purge(now) == 2


def test_one_run_deletes_only_so_many_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "AT_ONCE", 2)
    cast, now = make_adele_alone(), clock.now()
    for _ in range(3):
        open_session(cast["adele.vance"], now=now)

    with across_tenants():
        assert [purge_sessions(now + KEPT_AFTER_END + timedelta(days=1)) for _ in range(3)] == [2, 1, 0]


OLD = RecoveryAttempt.objects.filter(ended_at__isnull=False, created_at__lt=clock.now())
OF_NOBODY = GateFailures.objects.filter(changed_at__lt=clock.now(), user_id=None)
BY_INDEX: dict[str, QuerySet[Any]] = {
    "attempt_age": OLD.order_by("created_at"),
    "attempt_age_of_nobody": OLD.filter(user=None).order_by("created_at"),
    "failures_age_of_nobody": GateFailures.objects.filter(changed_at__lt=clock.now(), user_id=None).order_by(
        "changed_at"
    ),
    "lock_age": RecoveryLock.objects.filter(until__lt=clock.now()).order_by("until"),
}


@pytest.mark.postgres
@pytest.mark.parametrize("name", BY_INDEX)
def test_what_is_old_is_found_by_its_index(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")

    assert f" {name} " in BY_INDEX[name].values_list("pk")[:2].explain()
