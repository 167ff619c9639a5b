"""Tests of removing old rows: only up to a signed checkpoint, and the rest still verifies."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from adminportal import clock
from adminportal.audit import checkpoints, guards, tasks
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.retention import remove_old_rows
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.verify import ChainReport, verify_chain
from tests.adminportal.audit_cast import CONTOSO, FABRIKAM, NOON, guards_off, write

pytestmark = pytest.mark.django_db
KEEP = timedelta(days=400)
LATER = NOON + timedelta(days=401)


@pytest.fixture(autouse=True)
def _var_dir(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR, settings.AUDIT_KEY = tmp_path, ""


def _day(moment: datetime, count: int) -> None:
    write(count, now=moment)
    seal_waiting_rows()
    checkpoints.sign_all(now=moment)


def _remove(now: datetime = LATER) -> int:
    return remove_old_rows(tenant_id=CONTOSO, keep=KEEP, now=now)


def _report() -> ChainReport:
    return verify_chain(tenant_id=CONTOSO, now=LATER)


def test_old_range_goes_and_the_chain_starts_from_its_checkpoint() -> None:
    _day(NOON, 3)
    _day(NOON + timedelta(days=10), 2)
    write(tenant_id=FABRIKAM)

    assert _remove() == 3

    report = _report()
    assert (report.is_intact, report.intact_to, report.sealed, report.missing) == (True, 5, 2, 0)
    assert AuditEvent.objects.filter(tenant_id=FABRIKAM).count() == 1
    assert guards.missing(connection) == []
    assert _remove() == 0


def test_nothing_goes_before_its_time_or_without_a_checkpoint() -> None:
    _day(NOON, 3)
    assert _remove(NOON + timedelta(days=399)) == 0

    write(2, now=NOON)
    seal_waiting_rows()

    assert _remove() == 3
    assert AuditEvent.objects.filter(tenant_id=CONTOSO).count() == 2


def test_chain_goes_on_after_everything_was_removed() -> None:
    _day(NOON, 3)
    _remove()
    assert _report().is_intact

    write(2, now=LATER)
    seal_waiting_rows()

    assert list(AuditEvent.objects.order_by("pk").values_list("seq", flat=True)) == [4, 5]
    assert (_report().is_intact, _report().intact_to) == (True, 5)


def test_removal_that_was_stopped_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    _day(NOON, 3)
    _day(NOON + timedelta(days=10), 2)
    monkeypatch.setattr("adminportal.audit.retention._remove_batch", lambda *_: 0)
    _remove()
    assert _report().is_intact
    monkeypatch.undo()

    assert _remove() == 3
    assert _report().is_intact


def test_start_that_somebody_else_signed_removes_nothing_and_hides_nothing() -> None:
    _day(NOON, 3)
    last = AuditEvent.objects.get(seq=2)
    AuditCheckpoint.objects.create(
        tenant_id=CONTOSO, seq=2, row_hash=last.row_hash, made_at=NOON, is_start=True, key_id="0", signature="AA=="
    )

    assert _remove(NOON) == 0
    with guards_off():
        AuditEvent.objects.filter(seq__lte=2).delete()

    report = _report()
    assert (report.is_intact, report.missing) == (False, 2)


def test_daily_task_seals_signs_and_removes(settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 30
    write(2, now=NOON)
    with clock.travel(freeze_at=NOON):
        tasks.seal()
        tasks.checkpoint()
    assert AuditCheckpoint.objects.get().seq == 2

    with clock.travel(freeze_at=NOON + timedelta(days=31)):
        write(now=clock.now())
        tasks.checkpoint()

    assert AuditEvent.objects.get(tenant_id=CONTOSO).seq == 3
    assert _report().is_intact
