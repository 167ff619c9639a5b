"""Verifies the chain of the audit log from the command line."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from adminportal import clock
from adminportal.audit.checkpoints import public_key, sign_checkpoint
from adminportal.audit.record import Actor, Entry, record
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.tags import Activity, Result
from adminportal.audit.tenants import UnknownTenant, tenant_id_of
from adminportal.audit.verify import ChainReport, list_chains, verify_chain

BROKEN, WRONG_USE = 1, 2
OPERATOR = Actor(kind="operator", id=None, display_name="verify_audit", user_principal_name="")


class Command(BaseCommand):
    """Walk the chain, count its rows and name the first broken one."""

    help = "Verifies the audit chain. Exit code 0: intact, 1: broken, 2: wrong use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which chain is meant, and what else to do."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--tenant", metavar="D", help="the chain of the tenant with this domain or id")
        which.add_argument("--installation", action="store_true", help="the chain of events without a tenant")
        which.add_argument("--all", action="store_true", help="every chain")
        which.add_argument("--public-key", action="store_true", help="print the key that checkpoints are signed with")
        parser.add_argument("--checkpoint", action="store_true", help="seal, verify, and sign the end if it is intact")
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *, json: bool, checkpoint: bool, **options: object) -> None:
        """Verify, print, record that it was done."""
        try:
            shown = public_key()
        except ImproperlyConfigured as problem:
            raise CommandError(f"{problem} Nothing was verified.", returncode=WRONG_USE) from None
        if options["public_key"]:
            self.stdout.write(shown)
            return
        now = clock.now()
        chains = _chains(options)
        if checkpoint:
            seal_waiting_rows()
        reports = [verify_chain(tenant_id=tenant_id, now=now) for tenant_id in chains]
        if checkpoint:
            for report in reports:
                if report.is_intact:
                    sign_checkpoint(tenant_id=report.tenant_id, now=now)
        record(*(_note(report) for report in reports), now=now)
        self.stdout.write(_as_json(reports, now) if json else "\n\n".join(map(_as_text, reports)))
        if not all(report.is_intact for report in reports):
            sys.exit(BROKEN)


def _chains(options: dict[str, object]) -> list[UUID | None]:
    if options["installation"]:
        return [None]
    if options["all"]:
        return list_chains()
    text = str(options["tenant"])
    try:
        found = tenant_id_of(text)
    except UnknownTenant:
        found = None
    if found is None or (text.casefold() == str(found) and found not in list_chains()):
        raise CommandError(f"No tenant has the domain or id {text}. Nothing was verified.", returncode=WRONG_USE)
    return [found]


def _note(report: ChainReport) -> Entry:
    result = Result.SUCCESS if report.is_intact else Result.FAILURE
    details = {"IntactTo": str(report.intact_to), "Sealed": str(report.sealed), "NotSealed": str(report.not_sealed)}
    return Entry(
        tenant_id=report.tenant_id,
        activity=Activity.VERIFIED_AUDIT_CHAIN,
        actor=OPERATOR,
        result=result,
        reason=report.broken,
        details=details,
    )


def _as_json(reports: list[ChainReport], now: datetime) -> str:
    chains = [asdict(report) | {"is_intact": report.is_intact} for report in reports]
    return json.dumps({"verified_at": now, "chains": chains}, default=str, indent=2)


def _as_text(report: ChainReport) -> str:
    lines = [
        f"Chain of tenant {report.tenant_id}" if report.tenant_id else "Chain of the installation",
        f"  intact to row {report.intact_to}" if report.is_intact else f"  BROKEN; intact to row {report.intact_to}",
        f"  sealed rows: {report.sealed}",
        f"  not yet sealed: {report.not_sealed} (oldest: {report.oldest_not_sealed_seconds:.0f} seconds)",
        f"  missing rows: {report.missing}",
        f"  checkpoints: {report.checkpoints}, mismatches: {len(report.checkpoint_mismatches)}",
    ]
    if report.broken:
        lines.append(f"  first broken row: {report.broken_seq} {report.broken_id}: {report.broken}")
    lines += [f"  {problem}" for problem in report.checkpoint_mismatches]
    lines += [f"  Erased without an Audit redacted row: {uid}" for uid in report.redactions_without_record]
    lines += [f"  WARNING: the database guard {name} is not in place." for name in report.missing_guards]
    return "\n".join(lines)
