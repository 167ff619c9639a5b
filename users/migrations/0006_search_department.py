"""Departments are found by the search: a department is what is reset together."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from users.names import fold_text

AT_ONCE = 1_000


def add_department(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    people = apps.get_model("users", "User")._base_manager.exclude(department="")
    changed = []
    for person in people.only("department", "search_names", "search_text").iterator(AT_ONCE):
        word = f" {fold_text(person.department)}"
        person.search_names += word
        person.search_text += word
        changed.append(person)
    people.bulk_update(changed, ["search_names", "search_text"], batch_size=AT_ONCE)


class Migration(migrations.Migration):
    dependencies = [("users", "0005_administrative_unit")]

    operations = [migrations.RunPython(add_department, migrations.RunPython.noop)]
