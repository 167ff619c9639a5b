import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0007_password_in_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleFavourite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.tenant"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="role_favourites", to="users.user"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "role"), name="role_favourite_once")],
            },
        ),
    ]
