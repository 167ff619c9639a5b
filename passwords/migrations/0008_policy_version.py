"""Counts the changes of a password policy, so that nobody writes over a newer one."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column."""

    dependencies = [("passwords", "0007_request_is_mailed")]

    operations = [
        migrations.AddField(model_name="passwordpolicy", name="version", field=models.PositiveIntegerField(default=0)),
    ]
