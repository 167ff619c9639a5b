"""Pages of administrative units: who enters, three ways in, refusals, the way to a fresh proof."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.urls import reverse

from adminportal import clock
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, make_tenant, part, signed_in
from tests.contracts.matrix import give
from users.directory_lists import list_departments
from users.models import AdministrativeUnit, Session, UnitMember
from users.roles import TEMPLATE_IDS, Role
from users.services.units import create_unit
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADELE = "adele.vance@contoso.example"


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


@pytest.fixture
def sales(cast: Cast) -> AdministrativeUnit:
    return create_unit(actor=cast.actor("global.admin"), name="Sales", description="Oslo", now=clock.now())


def body(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def url(name: str, unit: AdministrativeUnit | None = None) -> str:
    return reverse(f"users:{name}", args=[unit.pk] if unit else [])


def inside(unit: AdministrativeUnit) -> set[str]:
    return set(UnitMember.objects.filter(unit=unit).values_list("user__upn_folded", flat=True))


def test_unit_is_made_edited_and_deleted(cast: Cast) -> None:
    client = signed_in(cast["privileged.role.admin"])

    made = client.post(url("unit-new"), {"name": "Kitchen", "description": "Cooks"}, follow=True)
    unit = AdministrativeUnit.objects.get(name="Kitchen")
    edited = client.post(url("unit-edit", unit), {"name": "Canteen", "description": ""}, follow=True)
    asked = client.get(url("unit-delete", unit))
    deleted = client.post(url("unit-delete", unit), follow=True)

    assert "The administrative unit was made." in body(made) and "Cooks" in body(made)
    assert "Canteen" in body(edited) and "Delete Canteen" in body(asked)
    assert "The administrative unit was deleted." in body(deleted)
    assert not AdministrativeUnit.objects.exists()


@pytest.mark.parametrize("sent", [{"name": ""}, {"name": "SALES"}, {"name": "x" * 129}])
def test_name_that_cannot_be_comes_back_with_the_form(
    cast: Cast, sales: AdministrativeUnit, sent: dict[str, str]
) -> None:
    response = signed_in(cast["global.admin"]).post(url("unit-new"), sent)

    assert response.status_code == 422 and response.context["form"].errors["name"]
    assert AdministrativeUnit.objects.count() == 1


def test_list_says_how_many_people_and_roles(cast: Cast, sales: AdministrativeUnit) -> None:
    UnitMember.objects.create(tenant=cast.tenant, unit=sales, user=cast["adele.vance"])
    give(cast, cast["diego.siciliani"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=sales)

    with within_budget("users:units"):
        response = signed_in(cast["global.admin"]).get(url("units"))

    assert [(row.unit.name, row.members, row.roles) for row in response.context["rows"]] == [("Sales", 1, 1)]
    with within_budget("users:unit"):
        page = body(signed_in(cast["global.admin"]).get(url("unit", sales)))
    assert "Diego Siciliani: Helpdesk Administrator" in page and "Adele Vance" in page


def test_global_reader_sees_units_and_changes_none(cast: Cast, sales: AdministrativeUnit) -> None:
    UnitMember.objects.create(tenant=cast.tenant, unit=sales, user=cast["adele.vance"])
    reader, adele = signed_in(cast["global.reader"]), cast["adele.vance"].pk

    listed, page = body(reader.get(url("units"))), body(reader.get(url("unit", sales)))
    steps = ("unit-edit", "unit-delete", "unit-add", "unit-add-department", "unit-add-names", "unit-remove")
    sent = [reader.post(url(step, sales), {"user": adele, "name": "Kitchen"}) for step in steps]
    sent += [reader.post(url("unit-new"), {"name": "Kitchen"}), reader.get(url("unit-edit", sales))]

    assert "Sales" in listed and 'aria-describedby="reason-unit-new"' in listed
    assert "Adele Vance" in page and 'aria-describedby="reason-unit-add"' in page
    assert not any(f'href="{url(step, sales)}"' in page for step in steps)
    assert {answer.status_code for answer in sent} == {403}
    assert inside(sales) == {ADELE}
    assert list(AdministrativeUnit.objects.values_list("name", flat=True)) == ["Sales"]


@pytest.mark.parametrize("who", ["helpdesk.admin", "user.admin", "security.admin", "directory.readers", "groups.admin"])
def test_no_other_role_enters_the_units(cast: Cast, sales: AdministrativeUnit, who: str) -> None:
    client = signed_in(cast[who])

    assert [client.get(url("units")).status_code, client.get(url("unit", sales)).status_code] == [403, 403]


def test_people_come_in_by_tick_and_go_again(cast: Cast, sales: AdministrativeUnit) -> None:
    client, adele = signed_in(cast["global.admin"]), cast["adele.vance"].pk

    added = client.post(url("unit-add", sales), {"user": adele}, follow=True)
    there = inside(sales)
    asked = client.get(url("unit-add", sales), {"search": "adele"})
    gone = client.post(url("unit-remove", sales), {"user": adele}, follow=True)

    assert there == {ADELE} and "They were added." in body(added)
    assert adele in asked.context["there"]
    assert not inside(sales) and "The person was taken out" in body(gone)


def test_every_department_is_offered_however_many_there_are(cast: Cast, sales: AdministrativeUnit) -> None:
    names = [f"Department {number:03}" for number in range(501)]
    cast.add_all(*(part(f"chief{n}", details={"department": name}, has_password=False) for n, name in enumerate(names)))

    with within(cast.tenant):
        assert set(names) <= set(list_departments())


def test_department_comes_in_whole(cast: Cast, sales: AdministrativeUnit) -> None:
    cast.add_all(*(part(f"cook{number}", details={"department": "Kitchen"}, has_password=False) for number in range(3)))
    client = signed_in(cast["global.admin"])

    offered = client.get(url("unit-add", sales))
    done = client.post(url("unit-add-department", sales), {"department": "Kitchen"}, follow=True)
    unknown = client.post(url("unit-add-department", sales), {"department": "Bakery"})

    assert ("Kitchen", "Kitchen") in offered.context["department_form"].fields["department"].choices
    assert len(inside(sales)) == 3 and "They were added." in body(done)
    assert unknown.status_code == 422 and unknown.context["department_form"].errors


def test_pasted_names_come_in_and_unknown_ones_are_listed(cast: Cast, sales: AdministrativeUnit) -> None:
    client = signed_in(cast["global.admin"])

    mixed = client.post(url("unit-add-names", sales), {"names": f"{ADELE}\nnobody@contoso.example\n"})
    clean = client.post(url("unit-add-names", sales), {"names": "diego.siciliani@contoso.example"}, follow=True)

    assert "1 person was added." in body(mixed) and "Line 2: nobody@contoso.example" in body(mixed)
    assert "They were added." in body(clean)
    assert inside(sales) == {ADELE, "diego.siciliani@contoso.example"}


@pytest.mark.parametrize("names", ["", "  \n ", "Name;Mail\nadele;x\n"])
def test_list_that_cannot_be_read_comes_back_with_the_reason(cast: Cast, sales: AdministrativeUnit, names: str) -> None:
    response = signed_in(cast["global.admin"]).post(url("unit-add-names", sales), {"names": names})

    assert response.status_code == 422 and response.context["names_form"].errors["names"]
    assert not inside(sales)


def test_unit_with_roles_over_it_stays(cast: Cast, sales: AdministrativeUnit) -> None:
    give(cast, cast["diego.siciliani"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=sales)
    client = signed_in(cast["global.admin"])

    asked, posted = client.get(url("unit-delete", sales)), client.post(url("unit-delete", sales))

    assert "Take them away first." in body(asked) and "btn-danger" not in body(asked)
    assert posted.status_code == 400 and "Take them away first" in body(posted)
    assert AdministrativeUnit.objects.filter(pk=sales.pk).exists()


def test_old_proof_leads_to_the_question(cast: Cast, sales: AdministrativeUnit) -> None:
    client = signed_in(cast["global.admin"])
    Session.objects.filter(ended_at=None).update(proven_at=clock.now() - timedelta(minutes=11))
    adele = cast["adele.vance"].pk

    answers = [
        client.get(url("unit-add", sales)),
        client.post(url("unit-add", sales), {"user": adele}),
        client.post(url("unit-add-names", sales), {"names": ADELE}),
        client.post(url("unit-remove", sales), {"user": adele}),
        client.post(url("unit-edit", sales), {"name": "Sold", "description": ""}),
        client.post(url("unit-delete", sales)),
        client.post(url("unit-new"), {"name": "Other", "description": ""}),
    ]

    assert [answer.status_code for answer in answers] == [302] * 7
    assert all(reverse("users:confirm") in answer.headers["Location"] for answer in answers)
    assert not inside(sales) and AdministrativeUnit.objects.get().name == "Sales"


def test_person_of_another_tenant_cannot_be_added(cast: Cast, sales: AdministrativeUnit) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    client = signed_in(cast["global.admin"])

    for user_id in (stranger.pk, uuid4()):
        assert client.post(url("unit-add", sales), {"user": user_id}).status_code == 404
    assert client.post(url("unit-add", sales), {"user": "x"}).status_code == 422
    assert not inside(sales)
