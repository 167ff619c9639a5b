"""What is looked at after a siege: every person, every row that tells of them, and every password that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db.models import Count, QuerySet

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from passwords.models import BulkEnd, BulkItem, BulkJob, PasswordReset
from passwords.services.bulk_results import adds_up, reveal_items
from users.actors import load_actor
from users.services.sign_in import Outcome, sign_in
from users.tenancy import across_tenants, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the checker found; all are numbers of people but the last, which tells whether the counts of the job agree.

    ``lost`` have no outcome, or one that no row tells of; ``shown`` are those of whom a password can be shown.
    """

    people: int
    outcomes: int
    done: int
    lost: int
    twice: int
    shown: int
    signed_in: int
    adds_up: bool

    @property
    def is_held(self) -> bool:
        """Tell whether everybody was reset exactly once and every password works."""
        wanted = (self.people,) * 4
        got = (self.outcomes, self.done, self.shown, self.signed_in)
        return got == wanted and not self.lost and not self.twice and self.adds_up

    @property
    def sentence(self) -> str:
        """Return the line that is printed."""
        passwords = "every shown password signs in"
        if self.shown < self.done:
            passwords = f"{self.done - self.shown} passwords cannot be shown"
        elif self.signed_in < self.shown:
            passwords = f"{self.shown - self.signed_in} shown passwords do not sign in"
        totals = "" if self.adds_up else ", totals do not add up"
        counts = f"{self.outcomes} outcomes, {self.done} done, {self.lost} lost, {self.twice} twice"
        return f"{counts}, {passwords}{totals}"


def check(job_id: UUID, *, people: int) -> Verdict:
    """Look at everything that the job left behind."""
    with across_tenants():
        job = BulkJob.objects.select_related("tenant", "starter").get(pk=job_id)
    with within(job.tenant):
        items = BulkItem.objects.filter(job=job)
        outcomes, done = items.exclude(end=BulkEnd.LEFT).count(), items.filter(end=BulkEnd.DONE)
        told = AuditEvent.objects.filter(activity="Reset user password", details__JobId=str(job.pk))
        lost = people - outcomes + abs(done.count() - told.count()) + done.filter(reset=None).count()
        twice = _repeated(PasswordReset.objects.filter(job=job), "target") + _repeated(told, "subject_id")
        shown, totals = _shown(job), adds_up(job)
        number_done = done.count()
    return Verdict(
        people=people,
        outcomes=outcomes,
        done=number_done,
        lost=lost,
        twice=twice,
        shown=len(shown),
        signed_in=sum(_signs_in(name, password) for name, password in shown.items()),
        adds_up=totals,
    )


def _repeated(rows: QuerySet[PasswordReset] | QuerySet[AuditEvent], column: str) -> int:
    """Count the people of whom there is more than one row."""
    return int(rows.values(column).annotate(number=Count("pk")).filter(number__gt=1).count())


def _shown(job: BulkJob) -> dict[str, str]:
    """Return the passwords that the starter is shown, by user name."""
    assert job.starter is not None
    actor = load_actor(job.starter, tenant=job.tenant, proven_at=clock.now())
    found = reveal_items(job.pk, actor=actor, item_ids=None, channel="csv", now=clock.now())
    return {item.user.user_principal_name: secret.expose() for item, secret in found if secret}


def _signs_in(user_name: str, password: str) -> bool:
    now = clock.now() + timedelta(seconds=1)
    found = sign_in(user_name=user_name, password=Secret(password), source=str(uuid4()), device_cookie="", now=now)
    return found.outcome is Outcome.RIGHT
