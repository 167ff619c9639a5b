"""The audit log as CSV: streamed, of any size, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from adminportal.audit.canonical import rfc3339
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, Entry, record
from adminportal.audit.selectors import Filter, list_events, page_of
from adminportal.audit.tags import Activity

CHUNK = 1_000
"""Rows that are read and sent at once."""

BYTE_ORDER_MARK = "\ufeff"
"""Tells a spreadsheet that the file is UTF-8."""

HEADINGS = (
    *("Date", "Service", "Category", "Activity", "Status", "Status reason", "Target(s)", "Initiated by (actor)"),
    *("Id", "Operation type", "Actor id", "Target id(s)", "IP address", "User agent", "Correlation ID"),
    *("Modified properties", "Additional details", "Sequence number", "Row hash"),
)
"""Columns of the list, then the details. Not translated: programs read them."""

# A spreadsheet takes a cell that begins so for a formula (CSV injection). Where the comma is the decimal sign, as in
# the Nordic countries, a double click cuts the file at semicolons: then a cell begins after each of them as well.
_FORMULA_START = re.compile(r"(\A|[;\n\r\t][ \"']*)(?=[=+\-@\t\r])")


def export_csv(
    *, tenant_id: UUID, matching: Filter, actor: Actor, now: datetime, only_actor_id: UUID | None = None
) -> Iterator[str]:
    """Record that the log was exported, then return it as pieces of one CSV file (RFC 4180).

    The pieces are read as they are asked for, by key, so that memory stays flat whatever the size.
    """
    details = {"Format": "csv", **described(matching)}
    record(Entry(tenant_id=tenant_id, activity=Activity.EXPORTED_AUDIT, actor=actor, details=details), now=now)
    return _pieces(tenant_id, matching, only_actor_id)


def safe_cell(text: str) -> str:
    """Return the text so that no spreadsheet runs it."""
    return _FORMULA_START.sub(r"\1'", text)


def actor_name(row: AuditEvent) -> str:
    """Return how the actor is named in lists."""
    return row.actor_user_principal_name or row.actor_display_name or row.actor_kind


def target_names(row: AuditEvent) -> list[str]:
    """Return how the targets are named in lists."""
    return [target["user_principal_name"] or target["display_name"] or target["id"] or "" for target in row.targets]


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of a CSV file (RFC 4180) whose cells no spreadsheet runs."""
    return str(csv.writer(_Line()).writerow([safe_cell(cell) for cell in cells]))


class _Line:
    """Stands in for a file: the CSV writer hands each line over to it."""

    def write(self, line: str) -> str:
        return line


def _pieces(tenant_id: UUID, matching: Filter, only_actor_id: UUID | None) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(HEADINGS)
    events = list_events(tenant_id=tenant_id, matching=matching, only_actor_id=only_actor_id)
    after = ""
    while True:
        page = page_of(events, after=after, rows=CHUNK)
        yield "".join(csv_line(_cells(row)) for row in page.rows)
        after = page.next_after
        if not after:
            return


def _cells(row: AuditEvent) -> list[str]:
    changes = [
        f"{change['name']}: {change['old']} -> {change['new']}" for item in row.targets for change in item["modified"]
    ]
    return [
        *(rfc3339(row.occurred_at), row.service, row.category, row.activity, row.result, row.reason),
        *("; ".join(target_names(row)), actor_name(row), row.public_id, row.operation, str(row.actor_id or "")),
        *("; ".join(item["id"] or "" for item in row.targets), row.ip_address, row.user_agent),
        *(str(row.correlation_id), "; ".join(changes)),
        "; ".join(f"{key}: {value}" for key, value in sorted(row.details.items())),
        *(str(row.seq or ""), row.row_hash),
    ]


def described(matching: Filter) -> dict[str, str]:
    """Say what the export was narrowed to; typed texts may be personal, so only that there was one."""
    plain = {
        "Since": rfc3339(matching.since) if matching.since else "",
        "Until": rfc3339(matching.until) if matching.until else "",
        "Service": matching.service,
        "Category": matching.category,
        "Activity": ", ".join(matching.activities),
        "Status": matching.result,
        "Correlation": str(matching.correlation_id or ""),
    }
    typed = {"Target": matching.target, "InitiatedBy": matching.initiated_by, "Text": matching.text}
    given = {name: "(given)" for name, value in typed.items() if value}
    return {f"Filter{name}": value for name, value in (plain | given).items() if value}
