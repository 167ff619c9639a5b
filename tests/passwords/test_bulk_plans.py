"""What a chunk of a new job costs PostgreSQL: its own rows, however many others the job has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection

from adminportal import clock
from passwords.services.bulk_run import run_next_chunk
from tests.passwords.bulk_crowd import drafted, make_crowd, started
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

ADDRESSES = "SELECT user_id, kind, value FROM users_authenticationmethod"
BY_KEYS = {
    'SELECT user_id, "position" FROM passwords_bulkitem': "(chunk = ",
    "UPDATE passwords_bulkitem SET": "(chunk = ",
    "SELECT target_id, id, tenant_id, starter_id FROM passwords_passwordreset": "(target_id = ANY ",
    ADDRESSES: "(user_id = ANY ",
}
"""Statements of a chunk, and what the key must hold by which each of them finds its rows."""


def test_chunk_finds_its_own_people_by_key_before_the_tables_were_looked_at() -> None:
    cast = make_crowd(400)
    job = started(cast, drafted(cast))
    plans: dict[str, str] = {}

    def explain(execute: Any, sql: str, values: Any, is_many: bool, context: Mapping[str, Any]) -> Any:
        for each, own in _statements(sql, list(values or [])):
            for start in BY_KEYS:
                if each.startswith(start):
                    with connection.connection.cursor() as cursor:
                        cursor.execute(f"EXPLAIN {each}", own)
                        plans[start] = "\n".join(line for (line,) in cursor.fetchall())
        return execute(sql, values, is_many, context)

    with connection.cursor() as cursor:
        # So few rows are otherwise read from front to back, whatever indexes there are.
        cursor.execute("SET LOCAL enable_seqscan = off")
    with within(cast.tenant):
        for _number in range(8):
            run_next_chunk(job.pk, now=clock.now())
        with connection.execute_wrapper(explain):
            run_next_chunk(job.pk, now=clock.now())

    for start, key in BY_KEYS.items():
        conditions = [line for line in plans[start].splitlines() if "Index Cond" in line]
        assert any(key in line for line in conditions), plans[start]
    assert sum("Index Cond: (" in line and "(user_id = ANY " in line for line in plans[ADDRESSES].splitlines()) == 2, (
        plans[ADDRESSES]
    )


def _statements(sql: str, values: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Take apart what was sent in one message."""
    for each in sql.split(";"):
        own, values = values[: each.count("%s")], values[each.count("%s") :]
        yield " ".join(each.split()), own
