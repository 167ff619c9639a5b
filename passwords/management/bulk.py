"""What the commands for many people share: who is meant, the preview, the run, the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from adminportal import clock
from adminportal.shell.answers import PortalCommand
from passwords.bulk_options import BulkOptions
from passwords.bulk_starters import Operator
from passwords.models import BulkJob, BulkState
from passwords.services.bulk import NotPossible, SetChanged, start_bulk
from passwords.services.bulk_preview import Preview, preview
from passwords.services.bulk_results import progress_of
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_selection import NobodyChosen, draft_from_filter, draft_from_group, draft_from_names
from users.csv_layout import CsvRefused
from users.csv_names import read_names
from users.csv_names_refusals import list_refusal
from users.models import Group
from users.tenancy import find_tenant_of_domain, within

PAUSE_SECONDS = 0.5
"""How long the command waits where workers hold everybody who is left."""


class BulkCommand(PortalCommand):
    """A command that does one act to many people of a tenant."""

    act: ClassVar[str]
    done_word: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the tenant, who is meant, and whether anything shall happen."""
        super().add_arguments(parser)
        parser.add_argument("--tenant", metavar="D", required=True, help="a domain of the tenant")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--all", action="store_true", help="everybody")
        who.add_argument("--file", metavar="F", help="user names, one a line, or CSV with a column User Name")
        who.add_argument("--group", metavar="G", help="the members of the group with this name or id")
        self.add_ways(who)
        parser.add_argument("--dry-run", action="store_true", help="say who would be reached and change nothing")

    def add_ways(self, who: Any) -> None:
        """Offer further ways to say who is meant; none here."""

    @contextmanager
    def within_tenant(self, domain: str) -> Iterator[Operator]:
        """Enter the tenant's scope as its operator.

        :raises CommandError: when no tenant has the domain.
        """
        tenant = find_tenant_of_domain(domain)
        if tenant is None:
            raise CommandError(f"There is no tenant with the domain {domain}. Nothing was changed.")
        with within(tenant):
            yield Operator(tenant=tenant)

    def draft(self, operator: Operator, options: dict[str, Any]) -> BulkJob:
        """Choose the people.

        :raises CommandError: when the file cannot be read, or nobody is meant.
        """
        now = clock.now()
        if options["group"]:
            group_id = _group_id(options["group"])
            return draft_from_group(actor=operator, act=self.act, group_id=group_id, now=now)
        if not options["file"]:
            return draft_from_filter(actor=operator, act=self.act, search="", view="", in_contacts=False, now=now)
        try:
            with Path(options["file"]).open("rb") as source:
                return draft_from_names(actor=operator, act=self.act, names=read_names(source), now=now)
        except OSError as problem:
            text = f"The file {options['file']} cannot be read: {problem.strerror}. Nothing was changed."
            raise CommandError(text) from problem
        except CsvRefused as refusal:
            raise CommandError(list_refusal(refusal)) from refusal
        except NobodyChosen:
            raise CommandError("The file names nobody. Nothing was changed.") from None

    def start(self, operator: Operator, job: BulkJob, chosen: BulkOptions) -> BulkJob:
        """Start the job as it stands at this moment.

        :raises CommandError: when nobody can be reached, or the people change all the time.
        """
        found = preview(job, actor=operator, options=chosen, now=clock.now())
        try:
            return start_bulk(job.pk, actor=operator, options=chosen, fingerprint=found.fingerprint, now=clock.now())
        except SetChanged:
            raise CommandError("The people changed while they were counted. Nothing was changed; try again.") from None
        except NotPossible as impossible:
            reasons = " ".join(reason.sentence for reason in found.left_out)
            raise CommandError(
                f"Nobody can be reached. {reasons} Nothing was changed.".replace("  ", " ")
            ) from impossible

    def work_off(self, job: BulkJob) -> None:
        """Work on the job in this process until it is over, beside whatever workers there are."""
        while (step := run_next_chunk(job.pk, now=clock.now())) is not Step.OVER:
            if step is not Step.RAN:
                time.sleep(PAUSE_SECONDS)
        job.refresh_from_db()

    def report(self, job: BulkJob, found: Preview, *, rows: list[dict[str, str]], as_json: bool) -> None:
        """Print what came of it.

        :raises CommandError: when somebody was not reached.
        """
        progress = progress_of(job, now=clock.now())
        counts = {
            name: getattr(progress, name) for name in ("done", "refused", "failed", "unknown", "canceled", "left")
        }
        values: dict[str, Any] = {"job": str(job.pk), "state": job.state, **_of_list(found)}
        if as_json:
            self.answer({**values, "counts": counts, "results": rows}, as_json=True)
        else:
            for row in rows:
                self.stdout.write(" ".join(filter(None, row.values())))
            self.answer({**{key: value for key, value in values.items() if value}, **counts}, as_json=False)
        missed = progress.refused + progress.failed + progress.unknown + progress.canceled + found.unknown_count
        if missed and job.state != BulkState.RUNNING:
            raise CommandError(f"{progress.done} users {self.done_word}, {missed} not; the answer says why.")

    def report_preview(self, found: Preview, *, as_json: bool) -> None:
        """Print who would be reached."""
        refused = [{"code": each.code, "count": each.count, "reason": each.sentence} for each in found.left_out]
        values: dict[str, Any] = {"requested": found.requested, "reachable": found.reachable, **_of_list(found)}
        if as_json:
            self.answer({**values, "refused": refused}, as_json=True)
            return
        self.answer({key: value for key, value in values.items() if value != []}, as_json=False)
        for each in refused:
            self.stdout.write(f"refused: {each['count']}: {each['reason']}")


def _of_list(found: Preview) -> dict[str, Any]:
    return {
        "unknown_count": found.unknown_count,
        "duplicates_count": found.duplicates_count,
        "unknown": [{"line": line, "user_name": name} for line, name in found.unknown],
        "duplicates": [{"line": line, "user_name": name} for line, name in found.duplicates],
    }


def _group_id(named: str) -> UUID:
    """Find a group by its name, or by its id.

    :raises CommandError: when there is none.
    """
    found = Group.objects.filter(name=named).first()
    with suppress(ValueError):
        found = found or Group.objects.filter(pk=UUID(named)).first()
    if found is None:
        raise CommandError(f"There is no group called {named}. Nothing was changed.")
    return found.pk
