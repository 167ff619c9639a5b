"""Tests of the sealer with real transactions beside it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from adminportal.audit import seal
from adminportal.audit.models import AuditEvent
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.verify import verify_chain
from tests.adminportal.audit_cast import CONTOSO, FABRIKAM, NOON, write

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def _seal_and_close() -> int:
    try:
        return seal_waiting_rows()
    finally:
        connections.close_all()


def test_two_sealers_at_once_make_one_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "BATCH", 7)
    for tenant_id in (CONTOSO, FABRIKAM) * 50:
        write(tenant_id=tenant_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _seal_and_close(), range(4)))
    seal_waiting_rows()

    for tenant_id in (CONTOSO, FABRIKAM):
        report = verify_chain(tenant_id=tenant_id, now=NOON)
        assert (report.intact_to, report.not_sealed, report.is_intact) == (50, 0, True)


def test_second_sealer_leaves_at_once_while_one_runs() -> None:
    write(3)

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [seal.LOCK])
        assert pool.submit(_seal_and_close).result(timeout=20) == 0

    assert seal_waiting_rows() == 3


def test_row_that_commits_late_is_sealed_later_and_leaves_no_gap() -> None:
    written, go_on = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            write()
            written.set()
            go_on.wait(20)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slow_writer)
        written.wait(20)
        write()
        assert seal_waiting_rows() == 1
        go_on.set()
        slow.result(timeout=20)

    assert seal_waiting_rows() == 1
    first, second = AuditEvent.objects.order_by("seq")
    assert (first.seq, second.seq) == (1, 2)
    assert second.pk < first.pk
    assert verify_chain(tenant_id=CONTOSO, now=NOON).is_intact
