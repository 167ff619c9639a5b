from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0013_trusted_browser_used")]

    operations = [
        migrations.RemoveIndex(model_name="user", name="user_must_change"),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("must_change", True)),
                fields=["tenant", "sort_name", "id", "temporary_expires_at"],
                name="user_must_change",
            ),
        ),
    ]
