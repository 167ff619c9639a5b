"""Tests that the split of the rights leaves the audit log to be added to and read, and the portal working."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from pytest_django import Settings

from adminportal.audit.checkpoints import sign_all
from adminportal.audit.models import AuditEvent
from adminportal.audit.retention import remove_old_rows
from adminportal.audit.seal import seal_waiting_rows
from tests.adminportal.audit_cast import CONTOSO, NOON, write
from tests.cast import make_cast, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
WEB, WORKER = "portal web", "portal_worker"
LOG = "audit_auditevent"


@pytest.fixture(autouse=True)
def _roles(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE ROLE "{WEB}"')
        cursor.execute(f"CREATE ROLE {WORKER}")
    call_command("grant_database_roles", web=WEB, worker=WORKER, stdout=StringIO())


@contextmanager
def _as(role: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{role}"')
        yield
        cursor.execute("RESET ROLE")


def _denied(role: str, sql: str, why: str = "permission denied|must be owner") -> None:
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), _as(role), connection.cursor() as cursor:
        cursor.execute(sql)


FORBIDDEN = [
    f"UPDATE {LOG} SET result = 'failure'",
    f"UPDATE {LOG} SET salt = '', redaction = '{{\"digests\": {{}}}}'",
    f"TRUNCATE {LOG}",
    f"DROP TABLE {LOG}",
    f"ALTER TABLE {LOG} DISABLE TRIGGER ALL",
    f"DROP TRIGGER audit_event_rows ON {LOG}",
    "CREATE OR REPLACE FUNCTION audit_event_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "UPDATE audit_auditcheckpoint SET seq = 1",
    "DELETE FROM audit_auditcheckpoint",
    "DELETE FROM django_migrations",
]


@pytest.mark.parametrize("role", [WEB, WORKER])
@pytest.mark.parametrize("sql", FORBIDDEN)
def test_neither_role_can_change_the_log(role: str, sql: str) -> None:
    write()

    _denied(role, sql)


@pytest.mark.parametrize("sql", [f"UPDATE {LOG} SET seq = 1, prev_hash = 'a', row_hash = 'b'", f"DELETE FROM {LOG}"])
def test_web_can_neither_seal_nor_remove(sql: str) -> None:
    write()

    _denied(WEB, sql)


def test_web_serves_a_reset_with_its_audit_rows() -> None:
    cast = make_cast()
    client = signed_in(cast["global.admin"])
    target = cast["adele.vance"]
    before = target.password

    with _as(WEB):
        page = client.get(reverse("passwords:reset", args=[target.pk]))
        form = page.context["form"]
        values = {name: form[name].value() or "" for name in form.fields}
        answer = client.post(reverse("passwords:reset", args=[target.pk]), values)
        seen = client.get(reverse("centre:audit"))

    target.refresh_from_db()
    assert (page.status_code, answer.status_code) == (200, 302)
    assert target.password != before
    assert "Reset user password" in seen.text


def test_worker_seals_once_signs_and_retires_behind_a_signed_start() -> None:
    write(3)
    later = NOON + timedelta(days=40)

    with _as(WORKER):
        assert seal_waiting_rows() == 3
        assert sign_all(now=NOON) == 1
    _denied(WORKER, f"UPDATE {LOG} SET seq = 9, prev_hash = 'a', row_hash = 'b' WHERE seq = 1", "append-only")
    _denied(WORKER, f"DELETE FROM {LOG}", "append-only")
    with _as(WORKER):
        assert remove_old_rows(tenant_id=CONTOSO, keep=timedelta(days=30), now=later) == 3

    assert not AuditEvent.objects.exists()


def test_tables_of_later_migrations_are_open_to_both() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later (id bigserial primary key, name text)")
    for role in (WEB, WORKER):
        with _as(role), connection.cursor() as cursor:
            cursor.execute("INSERT INTO later (name) VALUES ('one')")
            cursor.execute("UPDATE later SET name = 'two'")
            cursor.execute("DELETE FROM later")


def test_running_it_again_takes_away_what_somebody_added() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'GRANT UPDATE, DELETE, TRUNCATE ON {LOG} TO "{WEB}"')
        cursor.execute(f'GRANT UPDATE (seq) ON {LOG} TO "{WEB}"')

    call_command("grant_database_roles", web=WEB, worker=WORKER, stdout=StringIO())

    _denied(WEB, f"UPDATE {LOG} SET seq = 1")
    _denied(WEB, f"DELETE FROM {LOG}")


@pytest.mark.parametrize(
    ("role", "told"), [("nobody_at_all", "There is no role nobody_at_all"), ("strong", "no right could bind it")]
)
def test_role_that_rights_cannot_bind_is_refused(role: str, told: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE strong SUPERUSER")

    with pytest.raises(CommandError, match=f"{told}.*Nothing was changed"):
        call_command("grant_database_roles", web=WEB, worker=role)


def test_role_that_belongs_to_the_owner_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableowner FROM pg_tables WHERE tablename = %s", [LOG])
        owner = cursor.fetchone()[0]
        cursor.execute(f'GRANT "{owner}" TO {WORKER}')

    with pytest.raises(CommandError, match="owns the tables"):
        call_command("grant_database_roles", web=WEB, worker=WORKER)
