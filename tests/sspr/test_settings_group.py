"""Settings › Password reset › Selected: the group is typed by its name, and found among any number of groups."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from adminportal import clock
from sspr.models import Reach, SsprPolicy
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import policy_for
from users.group_choice import NAMED, OFFERED
from users.models import Group, GroupMember
from users.tenancy import within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
BLADE = "/settings/password-reset/properties"
NAMES = "/settings/password-reset/group-names"


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    policy_for(cast)
    return cast


def groups(cast: Cast, *names: str) -> list[Group]:
    now = clock.now()
    with within(cast.tenant):
        return Group.objects.bulk_create([Group(tenant=cast.tenant, name=name, created_at=now) for name in names])


def save(cast: Cast, group: str, **values: Any) -> HttpResponse:
    form = {"version": 1, "reach": "selected", "group": group, **values}
    return signed_in(cast["global.admin"]).post(BLADE, form)  # type: ignore[return-value]


def text_of(answer: HttpResponse) -> str:
    return unescape(answer.content.decode())


def chosen(cast: Cast) -> Group | None:
    with within(cast.tenant):
        return SsprPolicy.objects.select_related("group").get(tenant=cast.tenant).group


def is_checked(page: str, field: str) -> bool:
    inputs = (part.partition(">")[0] for part in page.split("<input"))
    return any(field in " ".join(tag.split()) and "checked" in tag for tag in inputs)


def offered(answer: HttpResponse) -> list[str]:
    return [part.partition('"')[0] for part in unescape(answer.content.decode()).split('<option value="')[1:]]


def test_group_behind_any_number_of_others_is_chosen_by_its_name(cast: Cast) -> None:
    *_, last = groups(cast, *(f"Group {number:04}" for number in range(700)), "Zinc works")

    answer = save(cast, "Zinc works")
    page = text_of(signed_in(cast["global.admin"]).get(BLADE))  # type: ignore[arg-type]

    assert answer.status_code == 302
    assert chosen(cast) == last
    assert 'value="Zinc works"' in page


@pytest.mark.parametrize("typed", ["pilot", "PILOT", "  Pilot "])
def test_small_and_large_letters_and_blanks_around_make_no_other_name(cast: Cast, typed: str) -> None:
    (pilot,) = groups(cast, "Pilot")

    assert save(cast, typed).status_code == 302
    assert chosen(cast) == pilot


def test_of_names_that_differ_by_case_the_one_that_is_typed_exactly_is_meant(cast: Cast) -> None:
    large, small = groups(cast, "Pilot", "pilot")

    refused = save(cast, "PILOT", allow_unlock="on")

    assert refused.status_code == 422
    page = text_of(refused)
    assert "Several groups are called that:" in page and "“Pilot”" in page and "“pilot”" in page
    assert chosen(cast) is None
    assert save(cast, "pilot").status_code == 302
    assert chosen(cast) == small != large


def test_part_of_a_name_chooses_nothing_and_names_those_that_have_it(cast: Cast) -> None:
    groups(cast, "Pilot north", "Pilot south", "Workshop")

    answer = save(cast, "pilot", allow_unlock="on")
    page = text_of(answer)

    assert answer.status_code == 422
    assert "There is no group called “pilot”." in page
    assert "“Pilot north”, “Pilot south”" in page and "“Workshop”" not in page
    assert offered(answer) == ["Pilot north", "Pilot south"]
    assert 'value="pilot"' in page
    assert is_checked(page, 'name="reach" value="selected"') and is_checked(page, 'name="allow_unlock"')
    assert chosen(cast) is None


def test_unknown_name_is_told_as_it_was_typed_and_safely(cast: Cast) -> None:
    answer = save(cast, "<b>nobody</b>%s")

    assert answer.status_code == 422
    assert (
        "There is no group called “&lt;b&gt;nobody&lt;/b&gt;%s”. Nothing was saved. Type the name"
        in answer.content.decode()
    )
    assert chosen(cast) is None


def test_sentence_names_a_few_of_many(cast: Cast) -> None:
    groups(cast, *(f"Pilot {number}" for number in range(NAMED + 4)))

    page = text_of(save(cast, "pilot"))

    assert f"“Pilot {NAMED - 1}”" in page and f"“Pilot {NAMED}”" not in page


def test_groups_of_another_tenant_are_not_there(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    foreign, _ = groups(other, "Foreign pilot", "Foreign choir")

    typed = [save(cast, text) for text in ("Foreign pilot", "foreign", str(foreign.pk))]
    names = signed_in(cast["global.admin"]).get(NAMES, {"group": "foreign"})

    assert [answer.status_code for answer in typed] == [422, 422, 422]
    assert not any("Foreign choir" in text_of(answer) for answer in typed)
    assert offered(names) == []  # type: ignore[arg-type]
    assert chosen(cast) is None


@pytest.mark.parametrize("typed", ["", "   "])
def test_selected_without_a_group_is_refused(cast: Cast, typed: str) -> None:
    groups(cast, "Pilot")

    answer = save(cast, typed)

    assert answer.status_code == 422
    assert "Choose the group whose members may reset their password" in text_of(answer)


@pytest.mark.parametrize("reach", ["none", "all"])
def test_what_stands_in_the_field_does_not_matter_where_nobody_is_selected(cast: Cast, reach: str) -> None:
    assert save(cast, "nothing like it", reach=reach).status_code == 302
    assert SsprPolicy.objects.get(tenant=cast.tenant).reach == reach


def test_confirmation_carries_the_group(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, must_register=False)
    (pilot,) = groups(cast, "Pilot")
    with within(cast.tenant):
        GroupMember.objects.create(tenant=cast.tenant, group=pilot, user=cast["diego.siciliani"])

    asked = save(cast, "pilot")
    lost = int(text_of(asked).partition("This change leaves ")[2].partition(" ")[0])
    refused = save(cast, "pilot", accepted="0")
    answer = save(cast, "pilot", accepted=str(lost))

    assert asked.status_code == refused.status_code == 422
    assert '<input type="hidden" name="group" value="pilot"' in text_of(asked)
    assert answer.status_code == 302
    assert chosen(cast) == pilot


def test_reader_sees_the_name_and_no_others(cast: Cast) -> None:
    pilot, _ = groups(cast, "Pilot", "Secret project")
    policy_for(cast, reach=Reach.SELECTED, group=pilot)
    client = signed_in(cast["global.reader"])

    page = text_of(client.get(BLADE))  # type: ignore[arg-type]

    assert 'value="Pilot"' in page and "Secret project" not in page
    assert client.get(NAMES, {"group": "secret"}).status_code == 403


def test_names_are_offered_while_one_is_typed(cast: Cast) -> None:
    groups(cast, *(f"Group {number:04}" for number in range(OFFERED + 10)), 'Zinc "north" & co', "50 % club")
    client = signed_in(cast["authentication.policy.admin"])

    def found(typed: str) -> list[str]:
        return offered(client.get(NAMES, {"group": typed}))  # type: ignore[arg-type]

    assert found("ZINC")[0].startswith("Zinc ")
    assert found("%") == ["50 % club"]
    assert len(found("")) == len(found("group")) == OFFERED
    assert found("x" * 5_000) == []


def test_page_and_names_stay_within_their_queries(cast: Cast) -> None:
    groups(cast, *(f"Group {number:04}" for number in range(120)))
    client = signed_in(cast["global.admin"])

    with within_budget("sspr:settings-properties"):
        client.get(BLADE)
    with within_budget("sspr:settings-group-names"):
        client.get(reverse("sspr:settings-group-names"), {"group": "group"})
