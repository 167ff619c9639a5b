"""``force_change --tenant D (--all | --file F | --group G) [--dry-run]``: the flag only, no new password."""

from __future__ import annotations

from typing import Any

from adminportal import clock
from passwords.bulk_options import BulkOptions
from passwords.bulk_sentences import sentence_of
from passwords.management.bulk import BulkCommand
from passwords.models import BulkAct, BulkEnd, BulkItem, BulkJob
from passwords.services.bulk_preview import preview


class Command(BulkCommand):
    """The operator's demand that many people change their passwords at the next sign-in."""

    help = "Have people change their password at the next sign-in; ends their sessions, sets no new password."
    act = BulkAct.FORCE_CHANGE
    done_word = "have to change their password"

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it here and now, or say why not."""
        chosen = BulkOptions()
        with self.within_tenant(options["tenant"]) as operator:
            job = self.draft(operator, options)
            if options["dry_run"]:
                found = preview(job, actor=operator, options=chosen, now=clock.now())
                job.delete()
                self.report_preview(found, as_json=options["json"])
                return
            found = preview(job, actor=operator, options=chosen, now=clock.now())
            job = self.start(operator, job, chosen)
            self.work_off(job)
            self.report(job, found, rows=_refused(job), as_json=options["json"])


def _refused(job: BulkJob) -> list[dict[str, str]]:
    """Return the people who were not reached, each with the reason."""
    items = BulkItem.objects.filter(job=job).exclude(end=BulkEnd.DONE).select_related("user").order_by("position")
    return [
        {
            "user_name": item.user.user_principal_name,
            "outcome": item.end,
            "reason": sentence_of(item.code, item.values),
        }
        for item in items.iterator(chunk_size=1_000)
    ]
