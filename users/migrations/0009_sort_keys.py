from __future__ import annotations

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from users.names import fold_text

PLACES = ("department", "office", "city", "country")
AT_ONCE = 1_000
FILL = """INSERT INTO users_sortkeys (user_id, tenant_id, department, office, city, country, name, created_at)
    SELECT id, tenant_id, sort_department, sort_office, sort_city, sort_country, sort_name, created_at FROM users_user"""


def fill_keys(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    placed = ~Q(department="", office="", city="", country="")
    people = apps.get_model("users", "User")._base_manager.filter(placed).only(*PLACES)
    changed = []
    for person in people.iterator(AT_ONCE):
        for place in PLACES:
            setattr(person, f"sort_{place}", fold_text(getattr(person, place))[:256])
        changed.append(person)
    people.bulk_update(changed, [f"sort_{place}" for place in PLACES], batch_size=AT_ONCE)
    editor.execute(FILL)


class Migration(migrations.Migration):
    dependencies = [("users", "0008_role_favourite")]

    operations = [
        *(
            migrations.AddField(
                model_name="user", name=f"sort_{place}", field=models.CharField(default="", max_length=256)
            )
            for place in PLACES
        ),
        migrations.CreateModel(
            name="SortKeys",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sort_keys",
                        serialize=False,
                        to="users.user",
                    ),
                ),
                ("department", models.CharField(max_length=256)),
                ("office", models.CharField(max_length=256)),
                ("city", models.CharField(max_length=256)),
                ("country", models.CharField(max_length=256)),
                ("name", models.CharField(max_length=256)),
                ("created_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="users.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "department", "name", "user"], name="keys_by_department"),
                    models.Index(fields=["tenant", "office", "name", "user"], name="keys_by_office"),
                    models.Index(fields=["tenant", "city", "name", "user"], name="keys_by_city"),
                    models.Index(fields=["tenant", "country", "name", "user"], name="keys_by_country"),
                    models.Index(fields=["tenant", "created_at", "user"], name="keys_by_creation"),
                ],
            },
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
