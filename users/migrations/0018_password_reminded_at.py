from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0017_password_expiry"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="password_reminded_at",
            field=models.DateTimeField(default=None, null=True),
        ),
    ]
