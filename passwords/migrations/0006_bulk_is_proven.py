"""Whether a bulk job was begun with fresh proof, so that nobody who gains a role meanwhile is reached without it."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Jobs that were begun before are taken for proven: what they asked at their start was the rule then."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("passwords", "0005_password_request")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("bulkjob", "is_proven", models.BooleanField(default=True)),
        migrations.AlterField("bulkjob", "is_proven", models.BooleanField(default=False)),
    ]
