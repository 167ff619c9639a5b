"""Lets the search indexes of people collect four times as many new entries before they sort them in.

A reset writes the row of a person anew into both. With 512 kB that took 0.15 ms a person at 100,000 people, with 2 MB
0.10 ms; a search that reads a full list takes 1 to 2 ms more.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

INDEXES = ("user_search", "user_search_names")


def _set_limit(editor: BaseDatabaseSchemaEditor, kib: int) -> None:
    if editor.connection.vendor == "postgresql":
        for index in INDEXES:
            editor.execute(f"ALTER INDEX {index} SET (gin_pending_list_limit = {kib})")


def raise_limit(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _set_limit(editor, 2_048)


def lower_limit(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _set_limit(editor, 512)


class Migration(migrations.Migration):
    dependencies = [("users", "0018_password_reminded_at")]

    operations = [migrations.RunPython(raise_limit, lower_limit)]
