"""The demo's administrative unit: a helpdesk that reaches one department and nobody else."""

from __future__ import annotations

import pytest

from adminportal import clock
from adminportal.centre.demo.seed import seed
from adminportal.centre.demo.units import DEPARTMENT, HELPDESK
from adminportal.sealing import Secret
from users.access import can_reset
from users.actors import load_actor
from users.models import AdministrativeUnit, Tenant, UnitMember, User
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def contoso() -> Tenant:
    return seed(password=Secret("Correct-Horse-77-Battery"), now=clock.now())[0]


def test_helpdesk_of_the_department_reaches_it_and_nobody_else(contoso: Tenant) -> None:
    with within(contoso):
        actor = load_actor(User.objects.get(upn_folded=f"{HELPDESK}@contoso.example"), tenant=contoso)
        people = list(User.objects.exclude(pk=actor.id))
        facts = load_facts(people)
        reached = {user.department for user in people if can_reset(actor, facts[user.pk]).allowed}
        outside = {can_reset(actor, facts[user.pk]).code for user in people if user.department != DEPARTMENT}

    assert reached == {DEPARTMENT}
    assert outside == {"RESET_TARGET_OUTSIDE_UNIT"}


def test_second_start_leaves_the_unit_as_somebody_changed_it(contoso: Tenant) -> None:
    with within(contoso):
        UnitMember.objects.all().delete()

    seed(password=Secret("Correct-Horse-77-Battery"), now=clock.now())

    with within(contoso):
        assert AdministrativeUnit.objects.count() == 1 and not UnitMember.objects.exists()
