from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("passwords", "0008_policy_version"),
        ("users", "0016_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="passwordhistory",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.tenant"
            ),
        ),
        migrations.AlterField(
            model_name="passwordhistory",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="password_history",
                to="users.user",
            ),
        ),
        migrations.AlterField(
            model_name="passwordreset",
            name="target",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="resets", to="users.user"
            ),
        ),
        migrations.AlterField(
            model_name="passwordreset",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.tenant"
            ),
        ),
    ]
