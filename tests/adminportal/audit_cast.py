"""Who and what the tests of the audit log write about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from adminportal.audit.record import Actor, Entry, Target, record
from adminportal.audit.tags import Activity

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
CONTOSO = UUID("00000000-0000-4000-8000-00000000000c")
FABRIKAM = UUID("00000000-0000-4000-8000-00000000000f")
ADA = Actor(
    kind="user",
    id=UUID("00000000-0000-4000-8000-0000000000ad"),
    display_name="Ada Ærlig",
    user_principal_name="ada@contoso.example",
)
KARI_ID = UUID("00000000-0000-4000-8000-0000000000ca")
KARI = Target(
    id=KARI_ID,
    display_name="Kari Nordmann",
    user_principal_name="kari@contoso.example",
    modified=(("displayName", "Kari N", "Kari Nordmann"),),
)


def write(count: int = 1, *, tenant_id: UUID | None = CONTOSO, now: datetime = NOON, **parts: object) -> None:
    """Write ``count`` rows of Ada resetting Kari, or what ``parts`` says."""
    known: dict[str, object] = {"activity": Activity.RESET_USER_PASSWORD, "actor": ADA, "targets": (KARI,)}
    record(*(Entry(tenant_id=tenant_id, **(known | parts)) for _ in range(count)), now=now)  # type: ignore[arg-type]


@contextmanager
def guards_off() -> Iterator[None]:
    """Do what a person with the owner's rights over the database could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield
            for _, rule in triggers:
                cursor.execute(rule)
