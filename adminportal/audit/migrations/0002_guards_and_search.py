from __future__ import annotations

from django.apps.registry import Apps
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from adminportal.audit import guards

SEARCH = """CREATE INDEX audit_search ON audit_auditevent
USING gin (target_text gin_trgm_ops, actor_text gin_trgm_ops, search_text gin_trgm_ops)"""


def install_guards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    guards.install(editor.connection)


def index_texts(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(SEARCH)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(index_texts, migrations.RunPython.noop),
        migrations.RunPython(install_guards, migrations.RunPython.noop),
    ]
