"""Keeps the sort keys of people in step with the people, whoever writes them: triggers of the database.

They fire for a new person and for a change of a column that is sorted by. A reset and a sign-in change none of them.
"""

from __future__ import annotations

from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

_UPSERT: Final = """
    INSERT INTO users_sortkeys (user_id, tenant_id, department, office, city, country, name, created_at)
    VALUES (NEW.id, NEW.tenant_id, NEW.sort_department, NEW.sort_office, NEW.sort_city, NEW.sort_country,
        NEW.sort_name, NEW.created_at)
    ON CONFLICT (user_id) DO UPDATE SET tenant_id = excluded.tenant_id, department = excluded.department,
        office = excluded.office, city = excluded.city, country = excluded.country, name = excluded.name,
        created_at = excluded.created_at;
"""
_CHANGE: Final = (
    "UPDATE OF tenant_id, sort_department, sort_office, sort_city, sort_country, sort_name, created_at ON users_user"
)
_POSTGRESQL: Final = (
    (
        "CREATE OR REPLACE FUNCTION users_keep_sort_keys() RETURNS trigger LANGUAGE plpgsql AS "
        f"$keep$ BEGIN {_UPSERT} RETURN NULL; END $keep$"
    ),
    (
        f"CREATE OR REPLACE TRIGGER users_sort_keys AFTER INSERT OR {_CHANGE} "
        "FOR EACH ROW EXECUTE FUNCTION users_keep_sort_keys()"
    ),
)
_SQLITE: Final = (
    f"CREATE TRIGGER IF NOT EXISTS users_sort_keys_new AFTER INSERT ON users_user BEGIN {_UPSERT} END",
    f"CREATE TRIGGER IF NOT EXISTS users_sort_keys_changed AFTER {_CHANGE} BEGIN {_UPSERT} END",
)


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers that are not there; after every migration, as SQLite makes the table of people anew then."""
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)
