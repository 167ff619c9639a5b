"""Removes what is older than the organisation keeps: whole ranges only, up to a signed checkpoint.

First a signed statement says that the chain starts behind the range; then the rows go. Whoever removes rows without
the key leaves a gap that verification names. A run that was stopped half-way is finished by the next one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from adminportal.audit import guards
from adminportal.audit.checkpoints import is_genuine, save_signed
from adminportal.audit.models import AuditCheckpoint, AuditEvent

BATCH = 5_000
"""Rows that are removed in one transaction."""


def remove_old_rows(*, tenant_id: UUID | None, keep: timedelta, now: datetime) -> int:
    """Remove the rows up to the newest checkpoint that is older than ``keep``, and return how many went.

    Not inside a transaction: each batch commits by itself.
    """
    points = AuditCheckpoint.objects.filter(tenant_id=tenant_id)
    old = points.filter(is_start=False, made_at__lt=now - keep).order_by("-seq").first()
    start = points.filter(is_start=True).order_by("-seq").first()
    if old is not None and is_genuine(old) and (start is None or start.seq < old.seq):
        start = AuditCheckpoint(tenant_id=tenant_id, seq=old.seq, row_hash=old.row_hash, made_at=now, is_start=True)
        save_signed(start)
    if start is None or not is_genuine(start):
        return 0
    removed = 0
    while batch := _remove_batch(tenant_id, start.seq):
        removed += batch
    return removed


@transaction.atomic
def _remove_batch(tenant_id: UUID | None, last: int) -> int:
    rows = AuditEvent.objects.filter(tenant_id=tenant_id, seq__lte=last).order_by("seq")
    pks = list(rows.values_list("pk", flat=True)[:BATCH])
    if not pks:
        return 0
    with guards.lifted(connection):
        return AuditEvent.objects.filter(pk__in=pks).delete()[0]
