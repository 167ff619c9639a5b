from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("passwords", "0009_fewer_indexes"),
        ("users", "0018_password_reminded_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="PasswordReminder",
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
                ("password_changed_at", models.DateTimeField()),
                ("password_days", models.PositiveSmallIntegerField()),
                ("step", models.PositiveSmallIntegerField()),
                ("message_id", models.UUIDField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.tenant"),
                ),
            ],
        ),
    ]
