from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0016_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="password_expired_at",
            field=models.DateTimeField(default=None, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="password_days",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="tenant",
            name="password_notice_days",
            field=models.PositiveSmallIntegerField(default=14),
        ),
        migrations.AddField(
            model_name="tenant",
            name="password_spread_days",
            field=models.PositiveSmallIntegerField(default=14),
        ),
        migrations.AddField(
            model_name="tenant",
            name="password_expiry_since",
            field=models.DateTimeField(default=None, null=True),
        ),
    ]
