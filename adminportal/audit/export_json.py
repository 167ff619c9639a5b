"""The audit log as JSON lines: records of Microsoft Graph with their hash fields, and the checkpoints behind them.

``verify_export.py`` verifies such a file anywhere, with nothing but the public key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from adminportal.audit.canonical import rfc3339
from adminportal.audit.checkpoints import public_key
from adminportal.audit.export import CHUNK, described
from adminportal.audit.graph_record import checkpoint_facts, checkpoint_line, record_line
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.record import Actor, Entry, record
from adminportal.audit.seal import last_link
from adminportal.audit.selectors import Filter, list_events
from adminportal.audit.tags import Activity

VERIFIER = "python verify_export.py FILE --key PUBLIC_KEY"
"""How the file is verified; the key comes from the operator."""


def export_json(*, tenant_id: UUID, matching: Filter, actor: Actor, now: datetime) -> Iterator[str]:
    """Record that the log was exported, then return it as pieces of one file, the oldest row first.

    The pieces are read as they are asked for, by key, so that memory stays flat whatever the size.
    """
    details = {"Format": "json", **described(matching)}
    end, _ = last_link(tenant_id)
    newest = AuditEvent.objects.filter(tenant_id=tenant_id).aggregate(pk=Max("pk"))["pk"] or 0
    record(Entry(tenant_id=tenant_id, activity=Activity.EXPORTED_AUDIT, actor=actor, details=details), now=now)
    return _pieces(tenant_id, matching, end=end, newest=newest, now=now)


def checkpoint_document(*, tenant_id: UUID, now: datetime) -> str:
    """Return the public key and every checkpoint of a tenant as one JSON document."""
    points = AuditCheckpoint.objects.filter(tenant_id=tenant_id).order_by("pk")
    told = {
        "tenantId": str(tenant_id),
        "madeAt": rfc3339(now),
        "publicKey": public_key(),
        "checkpoints": [checkpoint_facts(point) for point in points],
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def _pieces(tenant_id: UUID, matching: Filter, *, end: int, newest: int, now: datetime) -> Iterator[str]:
    events = list_events(tenant_id=tenant_id, matching=matching).order_by()
    yield _head(tenant_id, matching, end=end, now=now)
    yield from _sealed(events, end=end)
    yield from _waiting(events, end=end, newest=newest)
    points = AuditCheckpoint.objects.filter(tenant_id=tenant_id, seq__lte=end).order_by("pk")
    yield "".join(f"{checkpoint_line(point)}\n" for point in points.iterator(chunk_size=CHUNK))


def _head(tenant_id: UUID, matching: Filter, *, end: int, now: datetime) -> str:
    is_whole = matching == Filter()
    told = {
        "exportedAt": rfc3339(now),
        "isWhole": is_whole,
        "lastSeq": end if is_whole else 0,
        "tenantId": str(tenant_id),
        "verifier": VERIFIER,
    }
    return json.dumps({"portalExport": told}, sort_keys=True) + "\n"


def _sealed(events: QuerySet[AuditEvent], *, end: int) -> Iterator[str]:
    last = 0
    while rows := list(events.filter(seq__gt=last, seq__lte=end).order_by("seq")[:CHUNK]):
        yield "".join(f"{record_line(row)}\n" for row in rows)
        last = rows[-1].seq or 0


def _waiting(events: QuerySet[AuditEvent], *, end: int, newest: int) -> Iterator[str]:
    """Yield what was not sealed when the export began, as such: sealed meanwhile, it would leave holes between."""
    last = 0
    waiting = events.filter(Q(seq=None) | Q(seq__gt=end), pk__lte=newest)
    while rows := list(waiting.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = rows[-1].pk
        for row in rows:
            row.seq, row.prev_hash, row.row_hash = None, "", ""
        yield "".join(f"{record_line(row)}\n" for row in rows)
