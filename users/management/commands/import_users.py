"""``import_users``: adds the people of a CSV file to a tenant, with an outcome for every row."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from adminportal import clock
from users.actors import OPERATOR
from users.csv_layout import CsvRefused, read_rows
from users.csv_refusals import refusal_sentence
from users.csv_rules import CheckedRow
from users.models import Tenant
from users.services.import_users import import_rows, judge_rows
from users.tenancy import find_tenant_of_domain, within


class Command(BaseCommand):
    """Adds every row without a fault; exit 1 when any row has one."""

    help = "Add people from a Microsoft 365 CSV file (UTF-8 or UTF-16; comma, semicolon or tab), without passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the tenant and how to answer."""
        parser.add_argument("file", metavar="FILE", help="the CSV file")
        parser.add_argument("--tenant", metavar="D", required=True, help="a domain of the tenant")
        parser.add_argument("--dry-run", action="store_true", help="check every row and add nobody")
        parser.add_argument("--json", action="store_true", help="print the outcome of each row as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge all rows, add the good ones, print each outcome."""
        tenant = find_tenant_of_domain(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no tenant with the domain {options['tenant']}. Nobody was added.")
        with within(tenant):
            rows = _judge(tenant, Path(options["file"]))
            if not options["dry_run"]:
                rows = import_rows(tenant=tenant, rows=rows, by=OPERATOR, now=clock.now())
        good = "would_create" if options["dry_run"] else "created"
        self.stdout.write(_as_json(rows, good) if options["json"] else _as_text(rows, good))
        faulty = sum(1 for row in rows if row.faults)
        if faulty:
            rest = "Nobody was added (dry run)." if options["dry_run"] else "The other rows were added."
            raise CommandError(f"{faulty} of {len(rows)} rows are faulty and were left out. {rest}")


def _judge(tenant: Tenant, path: Path) -> list[CheckedRow]:
    try:
        with path.open("rb") as source:
            rows = judge_rows(tenant=tenant, rows=read_rows(source))
    except OSError as problem:
        raise CommandError(f"The file {path} cannot be read: {problem.strerror}. Nobody was added.") from problem
    except CsvRefused as refusal:
        raise CommandError(refusal_sentence(refusal)) from refusal
    if not rows:
        raise CommandError("The file has no row below its header. Nobody was added.")
    return rows


def _as_text(rows: Sequence[CheckedRow], good: str) -> str:
    words = {"created": "created", "would_create": "would be created", "faulty": "faulty"}
    lines = [f"row {row.number}: {words[_outcome(row, good)]}: {row.values.get('User Name', '')}" for row in rows]
    lines = [line + _faults(row) for line, row in zip(lines, rows, strict=True)]
    counts = Counter(_outcome(row, good) for row in rows)
    return "\n".join([*lines, ", ".join(f"{counts[name]} {words[name]}" for name in (good, "faulty"))])


def _as_json(rows: Sequence[CheckedRow], good: str) -> str:
    counts = Counter(_outcome(row, good) for row in rows)
    listed = [
        {
            "row": row.number,
            "user_name": row.values.get("User Name", ""),
            "outcome": _outcome(row, good),
            "faults": [{"column": fault.column, "message": fault.sentence()} for fault in row.faults],
        }
        for row in rows
    ]
    return json.dumps({"rows": listed, "counts": {name: counts[name] for name in (good, "faulty")}}, ensure_ascii=False)


def _outcome(row: CheckedRow, good: str) -> str:
    return "faulty" if row.faults else good


def _faults(row: CheckedRow) -> str:
    return "".join(f"\n  {fault.column}: {fault.sentence()}" for fault in row.faults)
