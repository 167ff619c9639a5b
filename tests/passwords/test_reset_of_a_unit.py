"""Whoever may reset in one administrative unit alone: members are reached, one by one and all at once, nobody else."""

from __future__ import annotations

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.authority import AdminAuthority
from passwords.bulk_options import AT_ONCE, BulkOptions
from passwords.models import BulkState, PasswordReset
from passwords.orders import ResetEnd, ResetOptions, ResetOrder
from passwords.services.bulk_preview import preview
from passwords.services.reset import reset_passwords
from tests.cast import Cast
from tests.contracts.matrix import give, make_unit
from tests.passwords.bulk_crowd import drafted, ends_of, make_crowd, started, worked_off
from users.models import UnitMember
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db

OUTSIDE = ("refused", "RESET_TARGET_OUTSIDE_UNIT")
CROWD = AT_ONCE + 5
MEMBERS = [f"p{number}" for number in range(0, CROWD, 2)]
ACTING = ("Helpdesk Administrator", "Sales")


@pytest.fixture
def cast() -> Cast:
    cast = make_crowd(CROWD)
    cast.add("desk")
    with within(cast.tenant):
        unit = make_unit(cast, "Sales", *(cast[name] for name in MEMBERS))
        give(cast, cast["desk"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=unit)
    return cast


def acting_of(cast: Cast) -> dict[str, tuple[str, str]]:
    """Return role and unit that the row of each reset names."""
    names = {user.pk: name for name, user in cast.people.items()}
    rows = AuditEvent.objects.filter(activity="Reset user password", result="success")
    return {names[row.subject_id]: (row.details["ActingRole"], row.details.get("ActingUnit", "")) for row in rows}


def test_job_for_everybody_resets_the_members_and_each_row_names_the_unit(cast: Cast) -> None:
    job = drafted(cast, starter="desk")
    with within(cast.tenant):
        found = preview(job, actor=cast.actor("desk"), options=BulkOptions(), now=clock.now())
    job = worked_off(cast, started(cast, job, starter="desk"))

    assert (found.requested, found.reachable) == (CROWD, len(MEMBERS))
    assert job.state == BulkState.FINISHED
    assert ends_of(cast, job) == {
        f"p{number}": ("done", "") if f"p{number}" in MEMBERS else OUTSIDE for number in range(CROWD)
    }
    assert acting_of(cast) == dict.fromkeys(MEMBERS, ACTING)
    with within(cast.tenant):
        assert set(PasswordReset.objects.filter(job=job).values_list("acting_role", "acting_unit")) == {ACTING}


def test_member_who_left_the_unit_under_the_job_is_refused(cast: Cast) -> None:
    job = started(cast, drafted(cast, starter="desk"), starter="desk")
    with within(cast.tenant):
        UnitMember.objects.filter(user=cast["p2"]).delete()

    ends = ends_of(cast, worked_off(cast, job))

    assert (ends["p0"], ends["p2"]) == (("done", ""), OUTSIDE)


@pytest.mark.parametrize(("name", "is_member"), [("p0", True), ("p1", False)])
def test_single_reset_reaches_a_member_alone_and_its_row_names_the_unit(cast: Cast, name: str, is_member: bool) -> None:
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[name].pk)],
            authority=AdminAuthority(actor=cast.actor("desk")),
            options=ResetOptions(),
            now=clock.now(),
        )

    assert (outcome.end is ResetEnd.DONE, outcome.code) == (is_member, "" if is_member else OUTSIDE[1])
    assert acting_of(cast) == ({name: ACTING} if is_member else {})
