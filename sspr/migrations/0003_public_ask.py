from __future__ import annotations

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """What strangers asked, until a worker has looked into it."""

    dependencies = [("sspr", "0002_decoys_and_failures")]

    operations = [
        migrations.CreateModel(
            name="PublicAsk",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("help", "Help"), ("name", "User Name")], max_length=8)),
                ("sealed", models.TextField(blank=True, default="")),
                ("attempt_id", models.UUIDField(default=None, null=True)),
                ("correlation_id", models.UUIDField()),
                ("ip_address", models.CharField(blank=True, default="", max_length=64)),
                ("user_agent", models.CharField(blank=True, default="", max_length=256)),
                ("language", models.CharField(default="en", max_length=10)),
                ("created_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["created_at"], name="ask_oldest_first")]},
        ),
    ]
