"""Walks a chain and says what it found: intact to which row, what is not sealed yet, what is broken first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min

from adminportal.audit import guards
from adminportal.audit.canonical import GENESIS, row_hash
from adminportal.audit.checkpoints import is_genuine
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.tags import Activity

CHUNK = 1_000
"""Rows that are held in memory at once."""


@dataclass(slots=True, kw_only=True)
class ChainReport:
    """What one chain looks like; ``broken`` is a sentence about the first broken row, or empty."""

    tenant_id: UUID | None
    intact_to: int = 0
    sealed: int = 0
    not_sealed: int = 0
    oldest_not_sealed_seconds: float = 0.0
    broken_seq: int | None = None
    broken_id: str = ""
    broken: str = ""
    missing: int = 0
    checkpoints: int = 0
    checkpoint_mismatches: list[str] = field(default_factory=list)
    redactions_without_record: list[str] = field(default_factory=list)
    missing_guards: list[str] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Whether nothing of what was sealed or signed was changed."""
        return not (self.broken or self.missing or self.checkpoint_mismatches or self.redactions_without_record)


def verify_chain(*, tenant_id: UUID | None, now: datetime) -> ChainReport:
    """Read every sealed row of a chain once, in order, and compare it with its hash and the checkpoints."""
    report = ChainReport(tenant_id=tenant_id, missing_guards=guards.missing(connection))
    points = list(AuditCheckpoint.objects.filter(tenant_id=tenant_id).order_by("seq", "id"))
    redacted = _walk(report, points)
    _compare_redactions(report, redacted)
    _count_waiting(report, now)
    return report


def list_chains() -> list[UUID | None]:
    """Return every chain there is: one of each tenant, and None for that of the installation."""
    seen = {*AuditEvent.objects.values_list("tenant_id", flat=True).distinct()}
    seen |= {*AuditCheckpoint.objects.values_list("tenant_id", flat=True).distinct()}
    return sorted(seen, key=str)


def _walk(report: ChainReport, points: list[AuditCheckpoint]) -> set[str]:
    """Compare row by row, and return the ids of rows from which something was erased."""
    redacted: set[str] = set()
    expected, last = _start(report, points)
    signed = {point.seq: point for point in points}
    for row in _rows(report.tenant_id, expected):
        report.sealed += 1
        seq = row.seq or 0
        report.missing += max(0, seq - expected)
        if not report.broken and (problem := _problem(row, expected, last)):
            report.broken, report.broken_seq, report.broken_id = problem, seq, row.public_id
        if not report.broken:
            report.intact_to = seq
        if row.redaction:
            redacted.add(str(row.uid))
        if (point := signed.get(seq)) and point.row_hash != row.row_hash:
            report.checkpoint_mismatches.append(f"The checkpoint of row {seq} holds another hash than the row.")
        expected, last = seq + 1, row.row_hash
    _compare_end(report, points, expected - 1)
    return redacted


def _start(report: ChainReport, points: list[AuditCheckpoint]) -> tuple[int, str]:
    """Return the number the first row must have and the hash it must follow: the signed start, or the beginning."""
    report.checkpoints = len(points)
    start = (1, GENESIS)
    for point in points:
        if not is_genuine(point):
            report.checkpoint_mismatches.append(f"The checkpoint of row {point.seq} was not signed by our key.")
        elif point.is_start:
            start = (point.seq + 1, point.row_hash)
    report.intact_to = start[0] - 1
    return start


def _problem(row: AuditEvent, expected: int, last: str) -> str:
    if row.seq != expected:
        return f"Row {expected} is missing; the next one is row {row.seq}."
    if row.prev_hash != last:
        return f"Row {row.seq} does not follow the row before it."
    try:
        own = row_hash(row, seq=expected, prev_hash=last)
    except (KeyError, TypeError, ValueError, AttributeError):
        return f"Row {row.seq} has lost its form."
    return "" if own == row.row_hash else f"Row {row.seq} was changed after it was sealed."


def _rows(tenant_id: UUID | None, first: int) -> Iterator[AuditEvent]:
    # A removal that was stopped half-way leaves rows before the signed start; they no longer count.
    rows = AuditEvent.objects.filter(tenant_id=tenant_id, seq__gte=first).order_by("seq")
    return rows.iterator(chunk_size=CHUNK)


def _compare_end(report: ChainReport, points: list[AuditCheckpoint], end: int) -> None:
    newest = points[-1] if points else None
    if newest is None or end >= newest.seq or not is_genuine(newest):
        return
    report.missing += newest.seq - end
    if not report.broken:
        report.broken = f"Rows {end + 1} to {newest.seq} are missing: a signed checkpoint names them."
        report.broken_seq = end + 1


def _compare_redactions(report: ChainReport, redacted: set[str]) -> None:
    if not redacted:
        return
    records = AuditEvent.objects.filter(tenant_id=report.tenant_id, activity=Activity.AUDIT_REDACTED)
    told = {target["id"] for row in records.iterator(chunk_size=CHUNK) for target in row.targets}
    report.redactions_without_record = sorted(redacted - told)


def _count_waiting(report: ChainReport, now: datetime) -> None:
    waiting = AuditEvent.objects.filter(tenant_id=report.tenant_id, seq=None)
    found = waiting.aggregate(number=Count("id"), oldest=Min("occurred_at"))
    report.not_sealed = found["number"]
    if found["oldest"]:
        report.oldest_not_sealed_seconds = max(0.0, (now - found["oldest"]).total_seconds())
