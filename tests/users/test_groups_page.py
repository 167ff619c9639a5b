"""Pages of groups: who sees and who changes, the way to a fresh proof, refusals by POST as by button."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, make_tenant, part, signed_in
from tests.contracts.matrix import give_group, join, make_group
from users import directory_lists
from users.models import Group, GroupMember, GroupOwner, Session, User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


@pytest.fixture
def staff(cast: Cast) -> Group:
    return make_group(cast, "Staff", is_role_assignable=False)


@pytest.fixture
def bosses(cast: Cast) -> Group:
    return make_group(cast, "Bosses", is_role_assignable=True)


def body(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def url(name: str, group: Group | None = None) -> str:
    return reverse(f"users:{name}", args=[group.pk] if group else [])


def inside(group: Group, model: type[GroupMember] | type[GroupOwner] = GroupMember) -> set[str]:
    return set(model.objects.filter(group=group).values_list("user__upn_folded", flat=True))


def stale(client: Client) -> None:
    """Let the proof of a signed-in client be older than the tenant asks for."""
    Session.objects.filter(ended_at=None).update(proven_at=clock.now() - timedelta(minutes=11))


def test_list_names_groups_with_their_numbers(cast: Cast, staff: Group, bosses: Group) -> None:
    for name in ("adele.vance", "diego.siciliani"):
        join(cast, staff, cast[name])

    with within_budget("users:groups"):
        response = signed_in(cast["directory.readers"]).get(url("groups"))

    rows = {row.group.name: (row.members, row.owners) for row in response.context["rows"]}
    assert rows == {"Bosses": (0, 0), "Break glass": (1, 0), "Staff": (2, 0)}


def test_list_is_searched_and_paged(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        make_group(cast, f"Team {number}", is_role_assignable=False)
    monkeypatch.setattr(directory_lists, "LIST_ROWS", 2)
    client = signed_in(cast["global.admin"])

    first = client.get(url("groups"), {"search": "team"})
    second = client.get(first.context["next_url"])
    third = client.get(second.context["next_url"])

    names = [[row.group.name for row in page.context["rows"]] for page in (first, second, third)]
    assert names == [["Team 0", "Team 1"], ["Team 2", "Team 3"], ["Team 4"]]
    assert third.context["next_url"] == ""
    assert client.get(url("groups"), {"search": "x" * 201}).status_code == 422


def test_group_is_made_and_opened(cast: Cast) -> None:
    client = signed_in(cast["groups.admin"])

    response = client.post(url("group-new"), {"name": "  Night shift "}, follow=True)

    made = Group.objects.get(name="Night shift")
    assert response.redirect_chain[-1][0].startswith(url("group", made))
    assert "The group was made." in body(response) and not made.is_role_assignable


def test_groups_administrator_makes_no_role_assignable_group(cast: Cast) -> None:
    response = signed_in(cast["groups.admin"]).post(url("group-new"), {"name": "Power", "is_role_assignable": "on"})

    assert response.status_code == 403
    assert "Privileged Role Administrator is the smallest role that may." in body(response)
    assert not Group.objects.filter(name="Power").exists()


@pytest.mark.parametrize("sent", [{"name": ""}, {"name": "x" * 257}, {"name": "staff"}])
def test_name_that_cannot_be_comes_back_with_the_form(cast: Cast, staff: Group, sent: dict[str, str]) -> None:
    response = signed_in(cast["groups.admin"]).post(url("group-new"), sent)

    assert response.status_code == 422 and response.context["form"].errors["name"]
    assert Group.objects.count() == 2


def test_old_proof_leads_to_the_question_and_back_to_the_filled_form(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    stale(client)

    response = client.post(url("group-new"), {"name": "Power", "is_role_assignable": "on"})

    assert response.status_code == 302 and reverse("users:confirm") in response.headers["Location"]
    assert "Power" in response.headers["Location"]
    back = client.get(url("group-new"), {"name": "Power", "is_role_assignable": "on"})
    assert 'value="Power"' in body(back) and "checked" in body(back)


@pytest.mark.parametrize("reader", ["helpdesk.admin", "directory.readers", "global.reader"])
def test_reader_sees_a_group_with_its_commands_disabled_and_is_refused_by_post(
    cast: Cast, staff: Group, reader: str
) -> None:
    join(cast, staff, cast["adele.vance"])
    client, adele = signed_in(cast[reader]), cast["adele.vance"].pk

    page = body(client.get(url("group", staff)))
    answers = [
        client.post(url("group-rename", staff), {"name": "Mine"}),
        client.post(url("group-delete", staff)),
        client.post(url("group-add", staff), {"user": cast["diego.siciliani"].pk}),
        client.post(url("group-remove", staff), {"user": adele}),
        client.post(url("group-new"), {"name": "Mine"}),
    ]

    may_reset = reader == "helpdesk.admin"
    assert page.count('aria-disabled="true"') == (4 if may_reset else 5)
    assert (f"{reverse('passwords:bulk-group')}?group={staff.pk}" in page) is may_reset
    assert "Groups Administrator is the smallest role that may." in page
    assert [answer.status_code for answer in answers] == [403] * 5
    assert all("Groups Administrator is the smallest role that may." in body(answer) for answer in answers)
    assert inside(staff) == {"adele.vance@contoso.example"}


def test_disabled_pages_of_change_say_why(cast: Cast, bosses: Group) -> None:
    client = signed_in(cast["groups.admin"])

    for name in ("group-rename", "group-delete", "group-add"):
        page = body(client.get(url(name, bosses)))
        assert "Privileged Role Administrator is the smallest role that may." in page
        assert 'type="submit">Rename' not in page and "btn-danger" not in page


def test_people_are_ticked_found_and_added(cast: Cast, staff: Group) -> None:
    join(cast, staff, cast["adele.vance"])
    client = signed_in(cast["groups.admin"])

    asked = client.get(url("group-add", staff), {"search": "a"})
    done = client.post(
        url("group-add", staff), {"user": [cast["diego.siciliani"].pk, cast["grady.archie"].pk]}, follow=True
    )

    assert cast["adele.vance"].pk in asked.context["there"] and "In it already" in body(asked)
    assert "They were added." in body(done)
    assert inside(staff) == {f"{name}@contoso.example" for name in ("adele.vance", "diego.siciliani", "grady.archie")}


def test_owner_is_added_and_taken_out_again(cast: Cast, staff: Group) -> None:
    client, diego = signed_in(cast["groups.admin"]), cast["diego.siciliani"].pk

    client.post(url("group-add", staff), {"user": diego, "part": "owner"})
    shown = client.get(url("group", staff), {"part": "owner"})
    owned = inside(staff, GroupOwner)
    gone = client.post(url("group-remove", staff), {"user": diego, "part": "owner"}, follow=True)

    assert owned == {"diego.siciliani@contoso.example"} and "Diego Siciliani" in body(shown)
    assert not inside(staff) and not inside(staff, GroupOwner)
    assert "The person was taken out of the group." in body(gone)
    again = client.post(url("group-remove", staff), {"user": diego, "part": "owner"}, follow=True)
    assert "Nothing had to be changed" in body(again)


@pytest.mark.parametrize("ticked", [[], ["no-id"]])
def test_nobody_ticked_is_said(cast: Cast, staff: Group, ticked: list[str]) -> None:
    client = signed_in(cast["groups.admin"])

    for name in ("group-add", "group-remove"):
        response = client.post(url(name, staff), {"user": ticked})
        assert response.status_code == 422 and "Nothing was changed." in body(response)


def test_person_of_another_tenant_cannot_be_added(cast: Cast, staff: Group) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    client = signed_in(cast["groups.admin"])

    for user_id in (stranger.pk, uuid4()):
        assert client.post(url("group-add", staff), {"user": user_id}).status_code == 404
    assert not inside(staff)


def test_role_assignable_group_asks_for_a_fresh_proof_before_anything_is_chosen(cast: Cast, bosses: Group) -> None:
    client = signed_in(cast["privileged.role.admin"])
    stale(client)

    asked = client.get(url("group-add", bosses))
    posted = client.post(url("group-add", bosses), {"user": cast["adele.vance"].pk})

    for answer in (asked, posted):
        assert answer.status_code == 302 and reverse("users:confirm") in answer.headers["Location"]
    assert not inside(bosses)


def test_own_session_goes_on_when_one_joins_a_role_assignable_group(cast: Cast, bosses: Group) -> None:
    client = signed_in(cast["global.admin"])

    response = client.post(url("group-add", bosses), {"user": cast["global.admin"].pk}, follow=True)

    assert response.status_code == 200 and "They were added." in body(response)


def test_last_global_administrator_is_not_taken_out(cast: Cast, bosses: Group) -> None:
    give_group(cast, bosses, TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
    join(cast, bosses, cast["adele.vance"])
    User.objects.filter(pk=cast["global.admin"].pk).update(account_enabled=False)

    response = signed_in(cast["privileged.role.admin"]).post(
        url("group-remove", bosses), {"user": cast["adele.vance"].pk}
    )

    assert response.status_code == 400
    assert "This is the last enabled Global Administrator." in body(response)
    assert inside(bosses)


def test_group_is_renamed_and_deleted(cast: Cast, staff: Group) -> None:
    client = signed_in(cast["groups.admin"])

    renamed = client.post(url("group-rename", staff), {"name": "Crew"}, follow=True)
    asked = client.get(url("group-delete", staff))
    deleted = client.post(url("group-delete", staff), follow=True)

    assert "Crew" in body(renamed) and "Delete Crew" in body(asked)
    assert "The group was deleted." in body(deleted)
    assert not Group.objects.filter(pk=staff.pk).exists()
    assert client.post(url("group-delete", staff)).status_code == 404


def test_members_are_paged_by_name_and_deleted_people_are_left_out(
    cast: Cast, staff: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.add_all(*(part(f"seller{number}", has_password=False) for number in range(5)))
    for number in range(5):
        join(cast, staff, cast[f"seller{number}"])
    User.objects.filter(pk=cast["seller0"].pk).update(deleted_at=clock.now())
    monkeypatch.setattr(directory_lists, "LIST_ROWS", 3)
    client = signed_in(cast["global.admin"])

    with within_budget("users:group"):
        first = client.get(url("group", staff))
    second = client.get(first.context["next_url"])

    assert [user.display_name for user in first.context["page"].people] == ["Seller1", "Seller2", "Seller3"]
    assert [user.display_name for user in second.context["page"].people] == ["Seller4"]
    assert first.context["page"].count == 4
    for after in ("x", str(uuid4())):
        assert client.get(url("group", staff), {"after": after}).status_code == 404
