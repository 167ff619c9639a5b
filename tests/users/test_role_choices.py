"""What is offered where a role is given: every unit, and a word where more was found than is shown."""

from __future__ import annotations

import pytest

from adminportal import clock
from tests.cast import Cast, make_cast
from users.models import AdministrativeUnit, Group
from users.role_assign_form import GROUPS_SHOWN, find_candidates, list_units
from users.roles import Role
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_every_unit_is_offered_however_many_there_are(cast: Cast) -> None:
    names = [f"Unit {number:03}" for number in range(201)]
    with within(cast.tenant):
        AdministrativeUnit.objects.bulk_create(
            AdministrativeUnit(tenant=cast.tenant, name=name, created_at=clock.now()) for name in names
        )

        offered = [unit.name for unit in list_units(Role.HELPDESK_ADMINISTRATOR)]

    assert offered == names


@pytest.mark.parametrize("more", [0, 1])
def test_more_groups_than_are_shown_are_told(cast: Cast, more: int) -> None:
    names = [f"Desk {number:03}" for number in range(GROUPS_SHOWN + more)]
    with within(cast.tenant):
        Group.objects.bulk_create(
            Group(tenant=cast.tenant, name=name, is_role_assignable=True, created_at=clock.now()) for name in names
        )

        found = find_candidates("desk 0")

    assert [group.name for group in found.groups] == names[:GROUPS_SHOWN]
    assert found.has_more is bool(more)
