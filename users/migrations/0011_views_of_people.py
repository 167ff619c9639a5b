from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0010_grid_choice")]

    operations = [
        migrations.AddField(model_name="signinguard", name="user_id", field=models.UUIDField(default=None, null=True)),
        migrations.AddIndex(
            model_name="signinguard",
            index=models.Index(
                condition=models.Q(("locked_until__isnull", False), ("user_id__isnull", False)),
                fields=["user_id"],
                name="guard_of_locked",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("user_type", "guest")), fields=["tenant", "sort_name", "id"], name="user_guest"
            ),
        ),
    ]
