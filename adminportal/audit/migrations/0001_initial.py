from __future__ import annotations

import uuid

from django.db import migrations, models

import adminportal.audit.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tenant_id", models.UUIDField(null=True)),
                ("seq", models.BigIntegerField()),
                ("row_hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("is_start", models.BooleanField(default=False)),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=128)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "-seq"], name="audit_checkpoint_by_seq")],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("tenant_id", models.UUIDField(null=True)),
                ("service", models.CharField(max_length=64)),
                ("category", models.CharField(max_length=32)),
                ("activity", models.CharField(max_length=96)),
                ("operation", models.CharField(blank=True, max_length=16)),
                ("result", models.CharField(max_length=24)),
                ("reason", models.TextField(blank=True)),
                ("occurred_at", models.DateTimeField()),
                ("correlation_id", models.UUIDField()),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_display_name", models.TextField(blank=True)),
                ("actor_user_principal_name", models.TextField(blank=True)),
                ("ip_address", models.TextField(blank=True)),
                ("user_agent", models.TextField(blank=True)),
                ("targets", models.JSONField(default=list)),
                ("details", models.JSONField(default=dict)),
                ("subject_id", models.UUIDField(null=True)),
                ("actor_text", models.TextField(blank=True)),
                ("target_text", models.TextField(blank=True)),
                ("search_text", models.TextField(blank=True)),
                ("salt", models.CharField(blank=True, default=adminportal.audit.models.new_salt, max_length=64)),
                ("redaction", models.JSONField(default=dict)),
                ("seq", models.BigIntegerField(null=True)),
                ("prev_hash", models.CharField(blank=True, max_length=64)),
                ("row_hash", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant_id", "-occurred_at", "-id"], name="audit_by_time"),
                    models.Index(fields=["tenant_id", "activity", "-occurred_at", "-id"], name="audit_by_activity"),
                    models.Index(fields=["tenant_id", "category", "-occurred_at", "-id"], name="audit_by_category"),
                    models.Index(fields=["tenant_id", "service", "-occurred_at", "-id"], name="audit_by_service"),
                    models.Index(fields=["tenant_id", "actor_id", "-occurred_at", "-id"], name="audit_by_actor"),
                    models.Index(fields=["tenant_id", "subject_id", "-occurred_at", "-id"], name="audit_by_subject"),
                    models.Index(fields=["tenant_id", "correlation_id"], name="audit_by_correlation"),
                    models.Index(
                        condition=models.Q(("result", "success"), _negated=True),
                        fields=["tenant_id", "-occurred_at", "-id"],
                        name="audit_not_success",
                    ),
                    models.Index(
                        condition=models.Q(("seq", None)), fields=["tenant_id", "id"], name="audit_not_sealed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "seq"), name="audit_one_row_per_seq"),
                    models.UniqueConstraint(
                        condition=models.Q(("tenant_id", None)),
                        fields=("seq",),
                        name="audit_one_installation_row_per_seq",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("prev_hash", ""), ("row_hash", ""), ("seq", None)),
                            models.Q(
                                ("seq__gte", 1),
                                models.Q(("prev_hash", ""), _negated=True),
                                models.Q(("row_hash", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="audit_chained_wholly_or_not",
                    ),
                ],
            },
        ),
    ]
