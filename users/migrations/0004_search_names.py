from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from users.names import fold_text

CREATE = """CREATE INDEX user_search_names ON users_user
USING gin (search_names gin_trgm_ops) WITH (gin_pending_list_limit = 512)"""
AT_ONCE = 1_000


def fill_names(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    people = apps.get_model("users", "User")._base_manager.all()
    changed = []
    for person in people.only("display_name", "user_principal_name", "office").iterator(AT_ONCE):
        names = (person.display_name, person.user_principal_name, person.office)
        person.search_names = "".join(f" {fold_text(name)}" for name in names if name)
        changed.append(person)
    people.bulk_update(changed, ["search_names"], batch_size=AT_ONCE)


def create_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(CREATE)


def drop_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX user_search_names")


class Migration(migrations.Migration):
    # PostgreSQL builds no index in the transaction that has just changed the rows of a table with deferred keys.
    atomic = False

    dependencies = [("users", "0003_import_batch")]

    operations = [
        migrations.AddField(model_name="user", name="search_names", field=models.TextField(default="")),
        migrations.RunPython(fill_names, migrations.RunPython.noop),
        migrations.RunPython(create_index, drop_index),
    ]
