from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0012_authentication_methods")]

    operations = [
        migrations.AddField(
            model_name="trusteddevice", name="last_used_at", field=models.DateTimeField(default=None, null=True)
        )
    ]
