"""People by the dozen and jobs on them, for tests of what is done to many."""

from __future__ import annotations

from adminportal import clock
from adminportal.sealing import Secret
from passwords.bulk_options import BulkOptions
from passwords.models import BulkJob
from passwords.services.bulk import start_bulk
from passwords.services.bulk_preview import preview
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_selection import draft_from_ids
from tests.cast import Cast, part
from users.tenancy import within


def add_department(cast: Cast, count: int, *, department: str = "Sales") -> list[str]:
    """Add people of one department without passwords and return their names."""
    names = [f"{department.lower()}.{number:03}" for number in range(count)]
    parts = (
        part(
            name,
            has_password=False,
            display_name=f"{department} Person {name[-3:]}",
            alternate_email=f"{name}@mail.example",
            details={"department": department},
        )
        for name in names
    )
    cast.add_all(*parts)
    return names


def draft(cast: Cast, names: list[str], *, act: str = "reset", actor: str = "global.admin") -> BulkJob:
    """Choose these people."""
    with within(cast.tenant):
        ids = [cast[name].pk for name in names]
        return draft_from_ids(actor=cast.actor(actor), act=act, user_ids=ids, now=clock.now())


def run(
    cast: Cast,
    names: list[str],
    *,
    act: str = "reset",
    actor: str = "global.admin",
    options: BulkOptions | None = None,
    password: Secret | None = None,
    to_the_end: bool = True,
) -> BulkJob:
    """Choose these people, confirm, and work the job off as a worker does."""
    job, chosen = draft(cast, names, act=act, actor=actor), options or BulkOptions()
    with within(cast.tenant):
        who, now = cast.actor(actor), clock.now()
        found = preview(job, actor=who, options=chosen, now=now)
        typed = f"{'RESET' if act == 'reset' else act.upper()} {found.reachable}"
        job = start_bulk(
            job.pk,
            actor=who,
            options=chosen,
            fingerprint=found.fingerprint,
            typed=typed,
            password=password,
            now=now,
        )
        while to_the_end and run_next_chunk(job.pk, now=clock.now()) is Step.RAN:
            pass
        job.refresh_from_db()
    return job
