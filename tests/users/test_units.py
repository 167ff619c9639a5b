"""Administrative units: who may change them, who comes in and goes, and whom a role over one then reaches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_cast, make_tenant, part
from tests.contracts.matrix import give
from users.access import can_reset
from users.models import AdministrativeUnit, RoleAssignment, Session, UnitMember, User
from users.roles import TEMPLATE_IDS, Role
from users.services import units
from users.services.people import Refused
from users.services.units import (
    add_department,
    add_names,
    add_to_unit,
    create_unit,
    delete_unit,
    remove_from_unit,
    update_unit,
)
from users.sessions import open_session
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

HELPDESK = TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR]


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


@pytest.fixture
def sales(cast: Cast) -> AdministrativeUnit:
    return create_unit(actor=cast.actor("global.admin"), name="Sales", description="", now=clock.now())


def inside(unit: AdministrativeUnit) -> set[str]:
    return set(UnitMember.objects.filter(unit=unit).values_list("user__upn_folded", flat=True))


def code_of(refusal: pytest.ExceptionInfo[Refused]) -> str:
    return refusal.value.decision.code


@pytest.mark.parametrize("role", Role)
def test_only_those_who_give_roles_change_units(cast: Cast, sales: AdministrativeUnit, role: Role) -> None:
    actor = cast.actor(role.value.lower().replace("administrator", "admin").replace(" ", "."))
    may = role in (Role.PRIVILEGED_ROLE_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR)
    adele = cast["adele.vance"].pk
    now = clock.now()
    acts = (
        lambda: create_unit(actor=actor, name="Other", description="", now=now),
        lambda: update_unit(actor=actor, unit_id=sales.pk, name="Sold", description="", now=now),
        lambda: add_to_unit(actor=actor, unit_id=sales.pk, user_ids=[adele], now=now),
        lambda: remove_from_unit(actor=actor, unit_id=sales.pk, user_ids=[adele], now=now),
        lambda: delete_unit(actor=actor, unit_id=sales.pk, now=now),
    )

    for act in acts:
        if may:
            act()
        else:
            with pytest.raises(Refused) as refusal:
                act()
            assert code_of(refusal) == "NO_RIGHT_ROLE_ASSIGN"


def test_unit_asks_for_fresh_proof(cast: Cast, sales: AdministrativeUnit) -> None:
    actor = cast.actor("global.admin")
    with clock.travel(timedelta(minutes=11)), pytest.raises(Refused) as refusal:
        add_to_unit(actor=actor, unit_id=sales.pk, user_ids=[cast["adele.vance"].pk], now=clock.now())

    assert code_of(refusal) == "RESET_STEP_UP" and not inside(sales)


def test_unit_is_renamed_and_a_taken_name_is_refused(cast: Cast, sales: AdministrativeUnit) -> None:
    actor, now = cast.actor("global.admin"), clock.now()
    create_unit(actor=actor, name="Support", description="", now=now)

    update_unit(actor=actor, unit_id=sales.pk, name="Sales North", description="Oslo", now=now)
    with pytest.raises(Refused) as refusal:
        update_unit(actor=actor, unit_id=sales.pk, name="SUPPORT", description="", now=now)

    sales.refresh_from_db()
    assert (sales.name, sales.description, code_of(refusal)) == ("Sales North", "Oslo", "UNIT_NAME_TAKEN")
    row = AuditEvent.objects.get(activity="Update administrative unit", result="success")
    assert [change["name"] for change in row.targets[0]["modified"]] == ["DisplayName", "Description"]


def test_person_in_the_unit_is_reached_by_whoever_has_a_role_there_and_afterwards_no_more(
    cast: Cast, sales: AdministrativeUnit
) -> None:
    boss, now = cast.actor("global.admin"), clock.now()
    give(cast, cast["diego.siciliani"], HELPDESK, unit=sales)
    adele = cast["adele.vance"]
    open_session(adele, now=now)

    def reached() -> bool:
        return can_reset(cast.actor("diego.siciliani"), load_facts([adele])[adele.pk]).allowed

    assert not reached()
    assert add_to_unit(actor=boss, unit_id=sales.pk, user_ids=[adele.pk], now=now) == 1
    assert reached()
    assert remove_from_unit(actor=boss, unit_id=sales.pk, user_ids=[adele.pk], now=now) == 1
    assert not reached()
    # Nothing of their own rights has changed.
    assert Session.objects.filter(user=adele, ended_at=None).exists()


def test_department_comes_in_as_it_is_now(cast: Cast, sales: AdministrativeUnit) -> None:
    cast.add_all(
        *(part(f"seller{number}", details={"department": "Sales"}, has_password=False) for number in range(3)),
        part("cook", details={"department": "Kitchen"}, has_password=False),
    )
    User.objects.filter(pk=cast["seller2"].pk).update(deleted_at=clock.now())

    changed = add_department(actor=cast.actor("global.admin"), unit_id=sales.pk, department="Sales", now=clock.now())

    assert changed == 2
    assert inside(sales) == {"seller0@contoso.example", "seller1@contoso.example"}


def test_names_come_in_and_unknown_ones_are_told_with_their_lines(cast: Cast, sales: AdministrativeUnit) -> None:
    make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    names = [
        (1, "Adele.Vance@contoso.example"),
        (2, "nobody@contoso.example"),
        (4, "adele.vance@CONTOSO.example"),
        (5, "stranger@fabrikam.example"),
    ]

    added = add_names(actor=cast.actor("global.admin"), unit_id=sales.pk, names=names, now=clock.now())

    assert added.changed == 1
    assert added.unknown == ((2, "nobody@contoso.example"), (5, "stranger@fabrikam.example"))
    assert inside(sales) == {"adele.vance@contoso.example"}


def test_many_people_come_in_by_portions_each_once(
    cast: Cast, sales: AdministrativeUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "AT_ONCE", 2)
    cast.add_all(*(part(f"seller{number}", has_password=False) for number in range(5)))
    ids = [cast[f"seller{number}"].pk for number in range(5)]
    actor = cast.actor("global.admin")

    first = add_to_unit(actor=actor, unit_id=sales.pk, user_ids=[*ids, ids[0]], now=clock.now())
    second = add_to_unit(actor=actor, unit_id=sales.pk, user_ids=ids, now=clock.now())

    assert (first, second, len(inside(sales))) == (5, 0, 5)
    rows = AuditEvent.objects.filter(activity="Add member to administrative unit")
    assert {row.subject_id for row in rows} == set(ids) and rows.count() == 5


def test_unit_over_which_a_role_is_held_is_not_deleted(cast: Cast, sales: AdministrativeUnit) -> None:
    give(cast, cast["diego.siciliani"], HELPDESK, unit=sales, is_active=False)
    actor = cast.actor("global.admin")

    with pytest.raises(Refused) as refusal:
        delete_unit(actor=actor, unit_id=sales.pk, now=clock.now())
    RoleAssignment.objects.filter(unit=sales).delete()
    delete_unit(actor=actor, unit_id=sales.pk, now=clock.now())

    assert code_of(refusal) == "UNIT_HAS_ROLES"
    assert not AdministrativeUnit.objects.exists()
    assert AuditEvent.objects.filter(activity="Delete administrative unit").count() == 2


def test_foreign_unit_and_foreign_person_are_not_there(cast: Cast, sales: AdministrativeUnit) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    with within(other.tenant):
        foreign = create_unit(actor=other.actor("global.admin"), name="Theirs", description="", now=clock.now())
    actor, now = cast.actor("global.admin"), clock.now()

    with pytest.raises(AdministrativeUnit.DoesNotExist):
        delete_unit(actor=actor, unit_id=foreign.pk, now=now)
    with pytest.raises(User.DoesNotExist):
        add_to_unit(actor=actor, unit_id=sales.pk, user_ids=[other["adele.vance"].pk], now=now)

    assert not inside(sales)
