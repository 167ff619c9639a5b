"""Every row of both matrices through the entrances of many: ticked, everyone, a list, at once and by workers."""

from __future__ import annotations

import pytest

from adminportal import clock
from passwords.models import BulkAct, BulkItem, BulkJob
from passwords.services.bulk_selection import draft_from_ids, draft_from_names
from tests.cast import Cast, part
from tests.contracts.matrix import RESET_ROWS, SENSITIVE_ROWS, Row, make_matrix_cast, name_of_actor, name_of_target
from tests.passwords.bulk_crowd import drafted_for_all, started, worked_off
from users.models import User
from users.tenancy import within

pytestmark = pytest.mark.django_db

ACTORS = sorted({actor for actor, _target, _allowed in RESET_ROWS})
TARGETS = sorted({target for _actor, target, _allowed in RESET_ROWS})


@pytest.fixture
def cast() -> Cast:
    return make_matrix_cast()


def rows_of(actor: str, rows: list[Row]) -> dict[str, bool]:
    """Return what the literal table says of every target."""
    return {name_of_target(target): allowed for acting, target, allowed in rows if acting == actor}


def reached(cast: Cast, job: BulkJob) -> dict[str, bool]:
    """Return who was reached, by the names of the targets of the matrix."""
    with within(cast.tenant):
        items = BulkItem.objects.filter(job=job).select_related("user")
        ends = {item.user.upn_folded.partition("@")[0]: item.end for item in items}
    assert set(ends.values()) <= {"done", "refused"}
    return {name: ends[name] == "done" for name in map(name_of_target, TARGETS)}


def ticked(cast: Cast, actor: str, act: str) -> BulkJob:
    with within(cast.tenant):
        ids = [cast[name_of_target(target)].pk for target in TARGETS]
        return draft_from_ids(actor=cast.actor(name_of_actor(actor)), act=act, user_ids=ids, now=clock.now())


@pytest.mark.parametrize("actor", ACTORS)
def test_ticked_people_are_reset_by_the_matrix(cast: Cast, actor: str) -> None:
    job = started(cast, ticked(cast, actor, BulkAct.RESET), starter=name_of_actor(actor))

    assert reached(cast, job) == rows_of(actor, RESET_ROWS)


@pytest.mark.parametrize("actor", ACTORS)
def test_everyone_is_reset_by_the_matrix_through_workers(cast: Cast, actor: str) -> None:
    cast.add_all(*(part(f"more{number}") for number in range(20)))

    job = started(cast, drafted_for_all(cast, starter=name_of_actor(actor)), starter=name_of_actor(actor))
    assert job.state == "running"

    assert reached(cast, worked_off(cast, job)) == rows_of(actor, RESET_ROWS)


@pytest.mark.parametrize("actor", ACTORS)
def test_listed_people_have_to_change_their_password_by_the_matrix(cast: Cast, actor: str) -> None:
    names = [(line, cast[name_of_target(target)].user_principal_name) for line, target in enumerate(TARGETS, start=2)]
    with within(cast.tenant):
        acting = cast.actor(name_of_actor(actor))
        job = draft_from_names(actor=acting, act=BulkAct.FORCE_CHANGE, names=names, now=clock.now())

    job = started(cast, job, starter=name_of_actor(actor))

    assert reached(cast, job) == rows_of(actor, RESET_ROWS)
    with within(cast.tenant):
        for name, allowed in rows_of(actor, RESET_ROWS).items():
            assert User.objects.get(pk=cast[name].pk).must_change is allowed


@pytest.mark.parametrize("actor", sorted({actor for actor, _target, allowed in SENSITIVE_ROWS if allowed}))
def test_ticked_people_are_blocked_by_the_sensitive_matrix(cast: Cast, actor: str) -> None:
    job = started(cast, ticked(cast, actor, BulkAct.BLOCK), starter=name_of_actor(actor))

    assert reached(cast, job) == rows_of(actor, SENSITIVE_ROWS)
