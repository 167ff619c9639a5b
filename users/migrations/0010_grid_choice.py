from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0009_sort_keys")]

    operations = [
        migrations.CreateModel(
            name="GridChoice",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="users.user",
                    ),
                ),
                ("columns", models.JSONField(default=list)),
                ("chosen_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.tenant"),
                ),
            ],
        ),
    ]
