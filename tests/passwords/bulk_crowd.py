"""What the tests of bulk jobs share: a crowd, a helpdesk, jobs from the choice of people to their end."""

from __future__ import annotations

from typing import Any

from adminportal import clock
from adminportal.sealing import Secret
from passwords.bulk_options import BulkOptions
from passwords.bulk_starters import Starter
from passwords.models import BulkAct, BulkItem, BulkJob
from passwords.services.bulk import start_bulk, typed_text
from passwords.services.bulk_preview import preview
from passwords.services.bulk_results import adds_up
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_selection import draft_from_filter, draft_from_ids
from tests.cast import Cast, make_tenant, part
from users.models import User
from users.roles import Role
from users.tenancy import within


def make_crowd(people: int, *, domain: str = "contoso.example", **values: Any) -> Cast:
    """Create a tenant with a helpdesk, a Global Administrator and so many ordinary people p0, p1, …"""
    cast = make_tenant(domain, "Contoso")
    cast.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    cast.add("global", roles=(Role.GLOBAL_ADMINISTRATOR,))
    cast.add_all(*(part(f"p{number}", **values) for number in range(people)))
    return cast


def crowd_of(cast: Cast) -> list[User]:
    """Return the ordinary people in the order in which they were made."""
    return [user for name, user in cast.people.items() if name.startswith("p") and name[1:].isdigit()]


def drafted(
    cast: Cast, *, starter: str = "helpdesk", act: str = BulkAct.RESET, people: list[User] | None = None
) -> BulkJob:
    """Draft a job for the crowd, or for these people."""
    chosen = crowd_of(cast) if people is None else people
    with within(cast.tenant):
        actor = cast.actor(starter)
        return draft_from_ids(actor=actor, act=act, user_ids=[user.pk for user in chosen], now=clock.now())


def drafted_for_all(cast: Cast, *, starter: str = "helpdesk", act: str = BulkAct.RESET, search: str = "") -> BulkJob:
    """Draft a job for everyone of a search."""
    with within(cast.tenant):
        return draft_from_filter(
            actor=cast.actor(starter), act=act, search=search, view="all", in_contacts=False, now=clock.now()
        )


def started(
    cast: Cast, job: BulkJob, *, starter: str | Starter = "helpdesk", password: str = "", **options: Any
) -> BulkJob:
    """Preview and start a job as its page does."""
    with within(cast.tenant):
        actor = cast.actor(starter) if isinstance(starter, str) else starter
        chosen = BulkOptions(has_own_password=bool(password), **options)
        found = preview(job, actor=actor, options=chosen, now=clock.now())
        return start_bulk(
            job.pk,
            actor=actor,
            options=chosen,
            fingerprint=found.fingerprint,
            typed=typed_text(job, found),
            password=Secret(password) if password else None,
            now=clock.now(),
        )


def worked_off(cast: Cast, job: BulkJob, *, chunks: int = 10_000) -> BulkJob:
    """Work a job off as one worker does, or so many chunks of it."""
    with within(cast.tenant):
        for _number in range(chunks):
            if run_next_chunk(job.pk, now=clock.now()) is not Step.RAN:
                break
        job.refresh_from_db()
        assert adds_up(job)
    return job


def ends_of(cast: Cast, job: BulkJob) -> dict[str, tuple[str, str]]:
    """Return end and code of each person by the local part of the user name."""
    with within(cast.tenant):
        rows = BulkItem.objects.filter(job=job).select_related("user").order_by("position")
        return {item.user.upn_folded.partition("@")[0]: (item.end, item.code) for item in rows}
