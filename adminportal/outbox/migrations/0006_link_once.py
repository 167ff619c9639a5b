from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0005_held_back"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outboundmessage",
            name="link_digest",
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddConstraint(
            model_name="outboundmessage",
            constraint=models.UniqueConstraint(fields=("link_digest",), name="outbox_link_once"),
        ),
    ]
