"""The audit tables: append-only, with snapshots instead of foreign keys, so that a record outlives what it tells of.

The database itself refuses changes (``guards.py``); the chain is filled in later by the sealer (``seal.py``).
"""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.db.models import Q

from adminportal.audit.tags import SERVICE_PREFIXES, Service

SALT_BYTES = 16
"""Length of the salt of a row in bytes; 128 bits keep a digest from being guessed back to a phone number."""


def new_salt() -> str:
    """Return a fresh salt as hex."""
    return secrets.token_hex(SALT_BYTES)


class AuditEvent(models.Model):
    """One thing that happened. ``seq``, ``prev_hash`` and ``row_hash`` are empty until the row is sealed."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    tenant_id = models.UUIDField(null=True)
    service = models.CharField(max_length=64)
    category = models.CharField(max_length=32)
    activity = models.CharField(max_length=96)
    operation = models.CharField(max_length=16, blank=True)
    result = models.CharField(max_length=24)
    reason = models.TextField(blank=True)
    occurred_at = models.DateTimeField()
    correlation_id = models.UUIDField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_display_name = models.TextField(blank=True)
    actor_user_principal_name = models.TextField(blank=True)
    ip_address = models.TextField(blank=True)
    user_agent = models.TextField(blank=True)
    targets = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    subject_id = models.UUIDField(null=True)
    actor_text = models.TextField(blank=True)
    target_text = models.TextField(blank=True)
    search_text = models.TextField(blank=True)
    salt = models.CharField(max_length=64, default=new_salt, blank=True)
    redaction = models.JSONField(default=dict)
    seq = models.BigIntegerField(null=True)
    prev_hash = models.CharField(max_length=64, blank=True)
    row_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "-occurred_at", "-id"], name="audit_by_time"),
            models.Index(
                fields=["tenant_id", "activity", "-occurred_at", "-id"],
                name="audit_by_activity",
            ),
            models.Index(
                fields=["tenant_id", "category", "-occurred_at", "-id"],
                name="audit_by_category",
            ),
            models.Index(
                fields=["tenant_id", "service", "-occurred_at", "-id"],
                name="audit_by_service",
            ),
            models.Index(
                fields=["tenant_id", "actor_id", "-occurred_at", "-id"],
                name="audit_by_actor",
            ),
            models.Index(
                fields=["tenant_id", "subject_id", "-occurred_at", "-id"],
                name="audit_by_subject",
            ),
            models.Index(fields=["tenant_id", "correlation_id"], name="audit_by_correlation"),
            models.Index(
                fields=["tenant_id", "-occurred_at", "-id"],
                name="audit_not_success",
                condition=~Q(result="success"),
            ),
            models.Index(
                fields=["tenant_id", "id"],
                name="audit_not_sealed",
                condition=Q(seq=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "seq"], name="audit_one_row_per_seq"),
            models.UniqueConstraint(
                fields=["seq"],
                condition=Q(tenant_id=None),
                name="audit_one_installation_row_per_seq",
            ),
            models.CheckConstraint(
                condition=Q(seq=None, prev_hash="", row_hash="") | (Q(seq__gte=1) & ~Q(prev_hash="") & ~Q(row_hash="")),
                name="audit_chained_wholly_or_not",
            ),
        ]

    @property
    def public_id(self) -> str:
        """The id that exports show: the prefix of the service and the UUID."""
        return f"{SERVICE_PREFIXES[Service(self.service)]}{self.uid}"


class AuditCheckpoint(models.Model):
    """A signed statement: at ``made_at`` the chain of ``tenant_id`` ended with ``row_hash`` at ``seq``.

    With ``is_start`` it also says that everything up to ``seq`` was removed on purpose and the chain starts behind it.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField(null=True)
    seq = models.BigIntegerField()
    row_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    is_start = models.BooleanField(default=False)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "-seq"], name="audit_checkpoint_by_seq")]


class AuditSink(models.Model):
    """A second home of the log (``AUDIT_SINK_URL``), and who is feeding it now."""

    name = models.CharField(max_length=32, unique=True)
    since = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)


class AuditSinkCursor(models.Model):
    """How far one chain was sent to one sink: the last row and the last checkpoint that it has taken."""

    sink = models.ForeignKey(AuditSink, on_delete=models.CASCADE)
    tenant_id = models.UUIDField(null=True)
    seq = models.BigIntegerField(default=0)
    row_hash = models.CharField(max_length=64, blank=True)
    checkpoint_id = models.BigIntegerField(default=0)
    gaps = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sink", "tenant_id"], name="audit_one_cursor_per_chain"),
            models.UniqueConstraint(
                fields=["sink"],
                condition=Q(tenant_id=None),
                name="audit_one_cursor_of_installation",
            ),
        ]
