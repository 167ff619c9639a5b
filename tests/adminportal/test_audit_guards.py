"""Tests that the database refuses to change the audit log, whoever asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from adminportal.audit import checkpoints, guards
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.seal import seal_waiting_rows
from tests.adminportal.audit_cast import NOON, guards_off, write

pytestmark = pytest.mark.django_db
EVERY_FIELD = [field.column for field in AuditEvent._meta.concrete_fields]


@pytest.fixture(autouse=True)
def _var_dir(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def _refused(sql: str, refusal: str = "append-only") -> None:
    before = list(AuditEvent.objects.order_by("pk").values())
    with pytest.raises(DatabaseError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(AuditEvent.objects.order_by("pk").values()) == before


def _literal(column: str) -> str:
    texts = {"uid": "'00000000-0000-4000-8000-0000000000ff'", "occurred_at": "'2030-01-01 00:00:00+00'"}
    if column in ("tenant_id", "correlation_id", "actor_id", "subject_id"):
        return texts["uid"]
    if column in ("targets", "details", "redaction"):
        return """'{"forged": "1"}'"""
    return texts.get(column, "77" if column in ("id", "seq") else "'forged'")


@pytest.mark.parametrize("column", EVERY_FIELD)
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "waiting"])
def test_no_column_alone_can_be_updated(column: str, *, sealed: bool) -> None:
    write()
    if sealed:
        seal_waiting_rows()
    refusal = "chained_wholly" if column == "seq" and not sealed else "append-only"

    _refused(f"UPDATE audit_auditevent SET {column} = {_literal(column)}", refusal)


def test_chain_columns_cannot_be_filled_in_part_or_beside_another_change() -> None:
    write()

    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.update(seq=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.update(seq=1, prev_hash="a", row_hash="b", result="failure")
    assert AuditEvent.objects.get().seq is None


def test_chain_columns_cannot_be_emptied_or_filled_again() -> None:
    write()
    seal_waiting_rows()

    _refused("UPDATE audit_auditevent SET seq = NULL, prev_hash = '', row_hash = ''")
    _refused("UPDATE audit_auditevent SET seq = 2, prev_hash = 'a', row_hash = 'b'")


def test_rows_cannot_be_deleted_and_the_table_not_emptied() -> None:
    write(2)
    seal_waiting_rows()

    _refused("DELETE FROM audit_auditevent")
    if connection.vendor == "postgresql":
        _refused("TRUNCATE audit_auditevent")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.all().delete()


def test_row_cannot_be_inserted_with_a_chain_of_its_own() -> None:
    write()

    row = AuditEvent.objects.get()
    row.pk, row.uid = None, "00000000-0000-4000-8000-0000000000ff"  # type: ignore[assignment]
    row.seq, row.prev_hash, row.row_hash = 9, "a", "b"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.save(force_insert=True)


def test_row_cannot_be_replaced() -> None:
    write()
    columns = ", ".join(EVERY_FIELD)
    if connection.vendor == "postgresql":
        _refused(
            f"INSERT INTO audit_auditevent ({columns}) SELECT {columns} FROM audit_auditevent"
            " ON CONFLICT (id) DO UPDATE SET result = 'failure'"
        )
    else:
        _refused(f"INSERT OR REPLACE INTO audit_auditevent ({columns}) SELECT {columns} FROM audit_auditevent")


def test_checkpoints_cannot_be_changed_or_removed() -> None:
    write()
    seal_waiting_rows()
    checkpoints.sign_all(now=NOON)

    for change in ("UPDATE audit_auditcheckpoint SET seq = 7", "DELETE FROM audit_auditcheckpoint"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert AuditCheckpoint.objects.get().seq == 1


def test_guard_that_was_taken_away_is_named() -> None:
    assert guards.missing(connection) == []

    name = "audit_event_rows" if connection.vendor == "postgresql" else "audit_event_delete"
    with connection.cursor() as cursor:
        table = " ON audit_auditevent" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {name}{table}")

    assert guards.missing(connection) == [name]
    guards.install(connection)
    assert guards.missing(connection) == []


@pytest.mark.postgres
def test_lifted_guard_still_refuses_rows_behind_the_signed_start() -> None:
    write(2)
    seal_waiting_rows()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), guards.lifted(connection):
        AuditEvent.objects.all().delete()

    assert AuditEvent.objects.count() == 2
    with guards_off():
        assert AuditEvent.objects.all().delete()[0] == 2
