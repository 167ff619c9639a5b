from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sspr", "0005_wait_of_administrators"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="gatefailures",
            index=models.Index(
                condition=models.Q(("user_id__isnull", True)), fields=["changed_at"], name="failures_age_of_nobody"
            ),
        ),
        migrations.AddIndex(
            model_name="recoveryattempt",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)), fields=["created_at"], name="attempt_age"
            ),
        ),
        migrations.AddIndex(
            model_name="recoveryattempt",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False), ("user__isnull", True)),
                fields=["created_at"],
                name="attempt_age_of_nobody",
            ),
        ),
    ]
