from __future__ import annotations

from django.apps.registry import Apps
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# A short list of pending entries: after an import of many people a search must not read megabytes of it first.
CREATE = """CREATE INDEX user_search ON users_user
USING gin (search_text gin_trgm_ops) WITH (gin_pending_list_limit = 512)"""


def create_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(CREATE)


def drop_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX user_search")


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(create_index, drop_index),
    ]
