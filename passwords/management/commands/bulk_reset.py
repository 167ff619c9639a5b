"""``bulk_reset --tenant D (--all | --file F | --group G | --results JOB) [--dry-run] [--wait] [--blind]``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.shell.answers import WRONG_USE
from passwords.bulk_options import BulkOptions
from passwords.bulk_sentences import sentence_of
from passwords.bulk_starters import Operator
from passwords.management.bulk import BulkCommand
from passwords.models import BulkAct, BulkItem, BulkJob, BulkState
from passwords.services.break_glass import LONGEST_REASON
from passwords.services.bulk_preview import preview
from passwords.services.bulk_results import NotShown, reveal_items


class Command(BulkCommand):
    """The operator's reset of many."""

    help = "Give many people new temporary passwords; printed with --wait, or later with --results."
    act = BulkAct.RESET
    done_word = "reset"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who is meant and how the passwords reach them; never a password."""
        super().add_arguments(parser)
        parser.add_argument("--wait", action="store_true", help="work until it is over and print the passwords")
        parser.add_argument("--blind", action="store_true", help="send each person a one-time link, print no password")
        parser.add_argument("--no-force-change", action="store_true")
        parser.add_argument("--reason", default="")

    def add_ways(self, who: Any) -> None:
        """Offer the results of an earlier job."""
        who.add_argument("--results", metavar="JOB", help="print the results of a job that was started at the shell")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset, or say why not."""
        if len(options["reason"]) > LONGEST_REASON:
            told = f"A reason has at most {LONGEST_REASON} characters. Nothing was changed."
            raise CommandError(told, returncode=WRONG_USE)
        if options["results"] and options["dry_run"]:
            told = "--results tells of an earlier job, --dry-run of none: give one of them."
            raise CommandError(told, returncode=WRONG_USE)
        chosen = BulkOptions(
            must_change=not options["no_force_change"], blind=options["blind"], reason=options["reason"]
        )
        with self.within_tenant(options["tenant"]) as operator:
            job = self._earlier(options["results"]) if options["results"] else self.draft(operator, options)
            if options["dry_run"]:
                found = preview(job, actor=operator, options=chosen, now=clock.now())
                job.delete()
                self.report_preview(found, as_json=options["json"])
                return
            if not options["results"]:
                job = self.start(operator, job, chosen)
            if options["wait"]:
                self.work_off(job)
            found = preview(job, actor=operator, options=chosen, now=clock.now())
            is_over = job.state not in (BulkState.RUNNING, BulkState.PAUSED)
            rows = _rows(job, operator) if is_over else []
            self.report(job, found, rows=rows, as_json=options["json"])

    def _earlier(self, named: str) -> BulkJob:
        try:
            return BulkJob.objects.select_related("tenant").get(pk=UUID(named), entrance="cli", act=self.act)
        except (ValueError, BulkJob.DoesNotExist):
            raise CommandError(f"There is no job {named} that was started at the shell.") from None


def _rows(job: BulkJob, operator: Operator) -> list[dict[str, str]]:
    """Return each person with the outcome, and with the password as long as it is sealed."""
    try:
        handed = reveal_items(job.pk, actor=operator, item_ids=None, channel="csv", now=clock.now())
        passwords = {item.pk: secret.expose() for item, secret in handed if secret}
    except NotShown:
        passwords = {}
    items = BulkItem.objects.filter(job=job).select_related("user").order_by("position")
    return [
        {
            "user_name": item.user.user_principal_name,
            "outcome": item.end,
            "reason": sentence_of(item.code, item.values),
            "temporary_password": passwords.get(item.pk, ""),
        }
        for item in items.iterator(chunk_size=1_000)
    ]
