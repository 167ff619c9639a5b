"""Feeds the second home of the log from the same table: every sealed row and every checkpoint, at least once.

A cursor for each chain moves only after the sink has taken a batch, so a lost worker or connection repeats rows and
never skips one; the receiver knows repeated rows by their id. A chain that no longer continues what was sent is told
of and sent again from its beginning: rows were removed, or a backup was put back.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from adminportal import clock
from adminportal.audit.chains import iterate_chains
from adminportal.audit.graph_record import checkpoint_line, record_line
from adminportal.audit.models import AuditCheckpoint, AuditEvent, AuditSink, AuditSinkCursor
from adminportal.audit.sinks.connection import Line, Sink, SinkFailed, SinkSilent
from adminportal.audit.sinks.opening import open_sink, sink_address
from adminportal.audit.tags import Result

logger = logging.getLogger(__name__)

BATCH = 500
"""Rows that are sent at once."""
AT_ONCE = 20_000
"""Lines after which a run comes to an end."""
CLAIM = timedelta(minutes=2)
"""How long one batch may take before another worker takes over; longer than all time-outs of a conversation."""
GAP_KEY = "portalGap"
"""What a line holds that tells of a chain which does not continue what was sent."""


def feed_sink(*, now: datetime) -> int:
    """Send about ``AT_ONCE`` lines that the sink has not yet taken, a batch of each chain in turn, and return how many.

    Returns at once while another worker sends. What could not be sent stays for the next run; the row of the sink
    says why. Not inside a transaction: each batch moves its cursor by itself.
    """
    address = sink_address()
    if address is None:
        return 0
    place = _claimed(address.name, now)
    if place is None:
        return 0
    failure, sent, next_at = "", 0, None
    try:
        sent = _send_rounds(open_sink(address), place, now=now)
    except SinkFailed as problem:
        failure = problem.reason
        # A batch that has most likely arrived would otherwise arrive again every few seconds.
        next_at = clock.now() + CLAIM if isinstance(problem, SinkSilent) else None
        logger.warning("audit_sink_failed: %s", failure)
    finally:
        AuditSink.objects.filter(pk=place.pk).update(claimed_until=next_at, failure=failure[:200])
    return sent


def _claimed(name: str, now: datetime) -> AuditSink | None:
    try:
        with transaction.atomic():
            AuditSink.objects.get_or_create(name=name, defaults={"since": now})
    except IntegrityError:
        return None
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    if not AuditSink.objects.filter(free, name=name).update(claimed_until=now + CLAIM):
        return None
    return AuditSink.objects.get(name=name)


def _send_rounds(sink: Sink, place: AuditSink, *, now: datetime) -> int:
    waiting, sent = [_cursor(place, tenant_id) for tenant_id in iterate_chains()], 0
    while waiting and sent < AT_ONCE:
        for cursor in list(waiting):
            lines = _next_lines(cursor, now)
            if not lines:
                waiting.remove(cursor)
                continue
            sink.send(lines, now=now)
            cursor.save(update_fields=["seq", "row_hash", "checkpoint_id", "gaps"])
            AuditSink.objects.filter(pk=place.pk).update(delivered_at=now, claimed_until=clock.now() + CLAIM)
            sent += len(lines)
    return sent


def _cursor(place: AuditSink, tenant_id: UUID | None) -> AuditSinkCursor:
    return AuditSinkCursor.objects.get_or_create(sink=place, tenant_id=tenant_id)[0]


def _next_lines(cursor: AuditSinkCursor, now: datetime) -> list[Line]:
    """Return the next batch of a chain and move the cursor in memory; it is saved when the batch was taken."""
    lines = [] if _continues(cursor) else [_rewound(cursor, now)]
    rows = list(AuditEvent.objects.filter(tenant_id=cursor.tenant_id, seq__gt=cursor.seq).order_by("seq")[:BATCH])
    lines += [_line_of(row) for row in rows]
    if rows:
        cursor.seq, cursor.row_hash = rows[-1].seq or 0, rows[-1].row_hash
    points = AuditCheckpoint.objects.filter(
        tenant_id=cursor.tenant_id, seq__lte=cursor.seq, pk__gt=cursor.checkpoint_id
    )
    for point in points.order_by("pk")[:BATCH]:
        lines.append(Line(kind="checkpoint", text=checkpoint_line(point), at=point.made_at))
        cursor.checkpoint_id = point.pk
    return lines


def _continues(cursor: AuditSinkCursor) -> bool:
    """Return whether the chain still holds what was sent last, and goes on behind it without a hole."""
    rows = AuditEvent.objects.filter(tenant_id=cursor.tenant_id, seq__gte=cursor.seq).order_by("seq")
    links = list(rows.values_list("seq", "row_hash", "prev_hash")[:2])
    if cursor.seq and links and links[0][:2] == (cursor.seq, cursor.row_hash):
        links = links[1:]
    elif cursor.seq and not _was_retired(cursor):
        return False
    if not links or not cursor.seq:
        return True
    return bool(links[0][0] == cursor.seq + 1 and links[0][2] == cursor.row_hash)


def _was_retired(cursor: AuditSinkCursor) -> bool:
    """Return whether retention removed exactly what was sent, by a signed statement."""
    starts = AuditCheckpoint.objects.filter(tenant_id=cursor.tenant_id, is_start=True)
    return starts.filter(seq=cursor.seq, row_hash=cursor.row_hash).exists()


def _rewound(cursor: AuditSinkCursor, now: datetime) -> Line:
    """Put the cursor back to the beginning and return the line that tells of it."""
    logger.error("audit_sink_gap: the chain of %s does not continue behind row %s", cursor.tenant_id, cursor.seq)
    told = {"tenantId": str(cursor.tenant_id) if cursor.tenant_id else None, "sentTo": cursor.seq}
    told |= {"rowHash": cursor.row_hash}
    cursor.seq, cursor.row_hash, cursor.checkpoint_id, cursor.gaps = 0, "", 0, cursor.gaps + 1
    return Line(kind="gap", text=json.dumps({GAP_KEY: told}, sort_keys=True), at=now, is_warning=True)


def _line_of(row: AuditEvent) -> Line:
    return Line(kind="audit", text=record_line(row), at=row.occurred_at, is_warning=row.result != Result.SUCCESS)
