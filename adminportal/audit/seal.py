"""The sealer: gives every committed row its place in the chain of its tenant, seconds after its commit.

One runs at a time: on PostgreSQL under an advisory lock, on SQLite under its single write lock. A reset therefore
never waits for the chain.
"""

from __future__ import annotations

from operator import itemgetter
from uuid import UUID

from django.db import connection, transaction

from adminportal.audit.canonical import GENESIS, row_hash
from adminportal.audit.models import AuditCheckpoint, AuditEvent

BATCH = 500
"""Rows that are sealed in one transaction, so that the lock is never held for long."""

AT_ONCE = 100_000
"""Rows after which a run comes to an end."""

LOCK = 0x61756469
"""Number of the advisory lock of the sealer in the database."""

_FILL = "UPDATE audit_auditevent SET seq = %s, prev_hash = %s, row_hash = %s WHERE id = %s AND seq IS NULL"


def seal_waiting_rows() -> int:
    """Seal rows that are not sealed yet, about ``AT_ONCE``, a batch of each tenant in turn, and return how many were.

    Returns at once while another sealer runs.
    """
    sealed = 0
    while sealed < AT_ONCE:
        waiting = AuditEvent.objects.filter(seq=None).values_list("tenant_id", flat=True).distinct()
        done = sum(_seal_batch(tenant_id) for tenant_id in list(waiting))
        if not done:
            break
        sealed += done
    return sealed


def last_link(tenant_id: UUID | None) -> tuple[int, str]:
    """Return number and hash of the newest sealed row, or of the checkpoint that took its place."""
    rows = AuditEvent.objects.filter(tenant_id=tenant_id, seq__isnull=False).order_by("-seq")
    points = AuditCheckpoint.objects.filter(tenant_id=tenant_id).order_by("-seq")
    row, point = rows.values_list("seq", "row_hash").first(), points.values_list("seq", "row_hash").first()
    links = [(seq or 0, row_hash) for seq, row_hash in filter(None, (row, point))]
    return max(links, key=itemgetter(0), default=(0, GENESIS))


def _is_only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _seal_batch(tenant_id: UUID | None) -> int:
    if not _is_only_sealer():
        return 0
    seq, last = last_link(tenant_id)
    fills: list[tuple[int, str, str, int]] = []
    for row in AuditEvent.objects.filter(tenant_id=tenant_id, seq=None).order_by("id")[:BATCH]:
        seq += 1
        own = row_hash(row, seq=seq, prev_hash=last)
        fills.append((seq, last, own, row.pk))
        last = own
    with connection.cursor() as cursor:
        cursor.executemany(_FILL, fills)
    return len(fills)
