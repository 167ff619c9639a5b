"""Takes new rows into the index of the search when they are sealed, instead of then and a first time when written.

A row is sealed seconds after it was written, by an update, so every index had it twice; and taking the texts apart
costs far more than everything else that PostgreSQL does with a new row.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

COLUMNS = "target_text gin_trgm_ops, actor_text gin_trgm_ops, search_text gin_trgm_ops"


def index_sealed_rows(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"CREATE INDEX audit_search_sealed ON audit_auditevent USING gin ({COLUMNS}) WHERE seq IS NOT NULL"
        )
        editor.execute("DROP INDEX IF EXISTS audit_search")


def index_every_row(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"CREATE INDEX audit_search ON audit_auditevent USING gin ({COLUMNS})")
        editor.execute("DROP INDEX IF EXISTS audit_search_sealed")


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_second_sink")]

    operations = [migrations.RunPython(index_sealed_rows, index_every_row)]
