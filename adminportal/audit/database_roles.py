"""Splits the rights over the database: who serves pages may add to the audit log and read it, nothing else.

Three roles of PostgreSQL: the owner migrates and erases, the worker seals and retires, the web adds and reads. Where
the triggers (``guards.py``) stop everybody, rights also stop whoever could switch a trigger off: only the owner can.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

LOG = ("audit_auditevent", "audit_auditcheckpoint")
CHAIN = ("seq", "prev_hash", "row_hash")
MIGRATIONS = "django_migrations"


class RolesRefused(Exception):
    """The rights cannot be split so; the text says why."""


def split_rights(*, web: str, worker: str) -> list[str]:
    """Give both roles what they need and no more, in one transaction, and return the statements that did it.

    Run as owner of the tables. Tables of later migrations get the ordinary rights by themselves.

    :raises RolesRefused: when the database has no roles, or one of these is missing or could take any right anyway.
    """
    if connection.vendor != "postgresql":
        raise RolesRefused("SQLite knows no roles.")
    for role in (web, worker):
        _check(role)
    statements = statements_for(web=web, worker=worker)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return statements


def statements_for(*, web: str, worker: str) -> list[str]:
    """Return the statements; running them again changes nothing."""
    quote = connection.ops.quote_name
    both, log = f"{quote(web)}, {quote(worker)}", _names(LOG)
    rights, numbers = "SELECT, INSERT, UPDATE, DELETE ON", "USAGE, SELECT ON"
    schema = quote(_schema())
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {both}",
        f"GRANT {rights} ALL TABLES IN SCHEMA {schema} TO {both}",
        f"GRANT {numbers} ALL SEQUENCES IN SCHEMA {schema} TO {both}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {rights} TABLES TO {both}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {numbers} SEQUENCES TO {both}",
        f"REVOKE ALL ON {log}, {quote(MIGRATIONS)} FROM {both}",
        f"REVOKE UPDATE ({_names(CHAIN)}) ON {quote(LOG[0])} FROM {both}",
        f"GRANT SELECT ON {quote(MIGRATIONS)} TO {both}",
        f"GRANT SELECT, INSERT ON {log} TO {both}",
        # The triggers let these be filled once, and rows be removed only behind a signed start of their chain.
        f"GRANT UPDATE ({_names(CHAIN)}), DELETE ON {quote(LOG[0])} TO {quote(worker)}",
    ]


def _names(names: Sequence[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def _check(role: str) -> None:
    """Refuse a role that the rights would not bind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            raise RolesRefused(f"There is no role {role}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '…'.")
        cursor.execute(
            "SELECT pg_has_role(%s, relowner, 'MEMBER') FROM pg_class WHERE oid = %s::regclass", [role, LOG[0]]
        )
        owns = cursor.fetchone()[0]
    if found[0] or owns:
        raise RolesRefused(f"The role {role} is a superuser or owns the tables: no right could bind it.")
