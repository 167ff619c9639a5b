"""Lets the test runner empty the audit tables between tests that commit; the product itself never may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def audit_guards_lifted_for_flush() -> Iterator[None]:
    """Lift the guards of the database around the flush after a test with real transactions."""
    from django.db import connection

    from adminportal.audit import guards

    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_all(self: object, sql_list: list[str]) -> None:
        with guards.lifted(connection):
            flush(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", flush_all)
        yield
