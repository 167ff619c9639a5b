"""The roles pages: what each shows, to whom, and that a refusal leaves everything as it was."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, part, signed_in
from tests.contracts.matrix import CUSTOM_ROLE, give, give_group, join, make_group
from tests.passwords.reset_cast import text_of
from users.models import AdministrativeUnit, Group, RoleAssignment, RoleFavourite, Session, User
from users.role_catalogue import CATALOGUE, Category
from users.role_holders import PAGE_ROWS, count_holders, list_holdings
from users.role_warnings import MANY_GLOBAL, MANY_PRIVILEGED, list_warnings
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db
HELPDESK, GLOBAL = TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR]
READER = TEMPLATE_IDS[Role.DIRECTORY_READERS]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def boss(cast: Cast) -> Client:
    return signed_in(cast["global.admin"])


def page(client: Client, name: str, *args: object, **query: Any) -> HttpResponse:
    return client.get(reverse(f"users:{name}", args=args), query)


def holders_of(cast: Cast, role: UUID) -> set[str]:
    with within(cast.tenant):
        rows = RoleAssignment.objects.filter(role=role, user__isnull=False)
        return {row.user.user_principal_name.partition("@")[0] for row in rows.select_related("user") if row.user}


def assignment(cast: Cast, name: str) -> RoleAssignment:
    with within(cast.tenant):
        return RoleAssignment.objects.get(user=cast[name])


def roles_listed(response: HttpResponse) -> list[str]:
    return [row.name for group in response.context["groups"] for row in group.rows]  # type: ignore[attr-defined]


def test_list_has_the_whole_catalogue_in_the_order_of_names(boss: Client) -> None:
    response = page(boss, "roles")

    assert roles_listed(response) == sorted(Role)
    assert all(str(CATALOGUE[role].description) in text_of(response) for role in (Role.GUEST_INVITER,))


def test_list_is_grouped_and_narrowed_by_category(boss: Client) -> None:
    grouped = page(boss, "roles", by="category").context["groups"]  # type: ignore[attr-defined]
    narrowed = page(boss, "roles", view=Category.GLOBAL)

    assert sorted(row.role for group in grouped for row in group.rows) == sorted(Role)
    assert [len(group.heading) > 0 for group in grouped] == [True] * len(Category)
    assert roles_listed(narrowed) == ["Global Administrator", "Global Reader"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("helpdesk", ["Helpdesk Administrator"]),
        ("SERVICE desk", ["Helpdesk Administrator"]),
        ("astronaut", []),
    ],
)
def test_search_looks_into_names_and_purposes(boss: Client, search: str, found: list[str]) -> None:
    assert roles_listed(page(boss, "roles", search=search)) == found


def test_search_finds_english_names_in_every_language(cast: Cast, boss: Client) -> None:
    boss.cookies["django_language"] = "nb"

    assert TEMPLATE_IDS[Role.GLOBAL_READER] in {
        row.template_id
        for group in page(boss, "roles", search="global reader").context["groups"]  # type: ignore[attr-defined]
        for row in group.rows
    }


@pytest.mark.parametrize("query", [{"view": "shoes"}, {"search": "x" * 201}])
def test_odd_question_is_told_and_shows_everything(boss: Client, query: dict[str, str]) -> None:
    response = page(boss, "roles", **query)

    assert response.status_code == 422
    assert "All roles are shown." in text_of(response)
    assert len(roles_listed(response)) == len(Role)


def test_people_are_counted_once_by_name_and_by_group(cast: Cast) -> None:
    with within(cast.tenant):
        desk, second = (make_group(cast, name, is_role_assignable=True) for name in ("Desk", "Night desk"))
        for group in (desk, second):
            give_group(cast, group, HELPDESK)
            for name in ("adele.vance", "helpdesk.admin"):
                join(cast, group, cast[name])
        join(cast, desk, cast["isaiah.langer"])
        join(cast, desk, cast["diego.siciliani"])
        give(cast, cast["guest.person"], CUSTOM_ROLE)
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(deleted_at=clock.now())

        counts = count_holders()

    assert counts[Role.HELPDESK_ADMINISTRATOR] == 3  # the administrator, Adele, Isaiah
    assert {role: counts[role] for role in Role if counts[role] != 1} == {Role.HELPDESK_ADMINISTRATOR: 3}


def test_favourites_are_ones_own(cast: Cast, boss: Client) -> None:
    address = reverse("users:role-favourite", args=[HELPDESK])
    for _ in range(2):
        led = boss.post(address, {"keep": "1", "next": "/roles?view=favourites"})

    assert led.headers["Location"] == "/roles?view=favourites"
    assert roles_listed(page(boss, "roles", view="favourites")) == ["Helpdesk Administrator"]
    assert roles_listed(page(signed_in(cast["helpdesk.admin"]), "roles", view="favourites")) == []

    boss.post(address, {"keep": "0", "next": "https://evil.example/"})
    assert roles_listed(page(boss, "roles", view="favourites")) == []
    with within(cast.tenant):
        assert not RoleFavourite.objects.exists()


def test_favourite_of_an_unknown_role_is_not_found(boss: Client) -> None:
    assert boss.post(reverse("users:role-favourite", args=[uuid4()]), {"keep": "1"}).status_code == 404


def test_general_and_permissions_say_what_the_tables_say(boss: Client) -> None:
    general, rights = (text_of(page(boss, "role", HELPDESK, tab=tab)) for tab in ("general", "permissions"))
    reader = text_of(page(boss, "role", READER, tab="permissions"))

    assert "Held by 1 person" in general
    assert "May: Sign people out everywhere" in rights and "May not: Block and unblock sign-in" in rights
    assert "Limited to a unit, resets passwords of People without a role" in rights
    assert "Resets passwords of Nobody" in reader


def test_assigned_tab_names_people_groups_and_units(cast: Cast, boss: Client) -> None:
    with within(cast.tenant):
        unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())
        desk = make_group(cast, "Night desk", is_role_assignable=True)
        join(cast, desk, cast["diego.siciliani"])
        give_group(cast, desk, HELPDESK)
        RoleAssignment.objects.filter(pk=give(cast, cast["adele.vance"], HELPDESK).pk).update(unit=unit)
        give(cast, cast["isaiah.langer"], HELPDESK, is_active=False)

    text = text_of(page(boss, "role", HELPDESK, tab="assigned"))

    assert "Adele Vance adele.vance@contoso.example Over the administrative unit Sales" in text
    assert "Night desk Group: Diego Siciliani" in text
    assert "sign-in blocked Over the whole organization – eligible, not active" in text


def test_holders_are_read_page_by_page_each_once(cast: Cast) -> None:
    cast.add_all(*(part(f"reader{number:03}", has_password=False) for number in range(PAGE_ROWS + 20)))
    with within(cast.tenant):
        for name in (name for name in cast.people if name.startswith("reader")):
            give(cast, cast[name], READER)
        first = list_holdings(Role.DIRECTORY_READERS)
        second = list_holdings(Role.DIRECTORY_READERS, after=str(first.next_after))

    names = [holding.name for each in (first, second) for holding in each.holdings]
    assert (len(first.holdings), second.next_after) == (PAGE_ROWS, None)
    assert names == sorted(names) and len(set(names)) == PAGE_ROWS + 21


@pytest.mark.parametrize("after", ["x", "00000000-0000-4000-8000-000000000000"])
def test_broken_link_to_a_page_of_holders_is_not_found(boss: Client, after: str) -> None:
    assert page(boss, "role", HELPDESK, tab="assigned", after=after).status_code == 404


def test_panel_is_a_page_and_a_fragment(boss: Client) -> None:
    fragment = boss.get(
        reverse("users:role", args=[HELPDESK]), headers={"HX-Request": "true", "HX-Target": "panel"}
    ).content.decode()

    assert "<h1" in page(boss, "role", HELPDESK).content.decode()
    assert "<html" not in fragment and "data-panel-title" in fragment


def test_unknown_role_is_not_found(boss: Client) -> None:
    assert [page(boss, name, uuid4()).status_code for name in ("role", "role-assign")] == [404, 404]


def test_role_is_given_from_its_page(cast: Cast, boss: Client) -> None:
    address = reverse("users:role-assign", args=[HELPDESK])

    found = text_of(boss.get(address, {"search": "adele"}))
    led = boss.post(address, {"holder": f"user:{cast['adele.vance'].pk}", "unit": ""})

    assert "Adele Vance" in found and "Diego" not in found
    assert "The role is assigned." in text_of(boss.get(led.headers["Location"]))
    assert holders_of(cast, HELPDESK) == {"adele.vance", "helpdesk.admin"}


def test_same_form_sent_twice_says_that_it_was_so_already(cast: Cast, boss: Client) -> None:
    form = {"holder": f"user:{cast['adele.vance'].pk}"}
    address = reverse("users:role-assign", args=[HELPDESK])

    first, second = (boss.post(address, form) for _ in range(2))

    assert "done=assigned" in first.headers["Location"] and "done=unchanged" in second.headers["Location"]
    assert AuditEvent.objects.filter(activity="Add member to role", details__Entrance="panel").count() == 1


def test_only_role_assignable_groups_are_offered_and_taken(cast: Cast, boss: Client) -> None:
    with within(cast.tenant):
        lunch = make_group(cast, "Lunch glass", is_role_assignable=False)
        glass = Group.objects.get(name="Break glass")
    address = reverse("users:role-assign", args=[HELPDESK])

    offered = text_of(boss.get(address, {"search": "glass"}))
    refused = boss.post(address, {"holder": f"group:{lunch.pk}"})
    taken = boss.post(address, {"holder": f"group:{glass.pk}"})

    assert "Break glass" in offered and "Lunch glass" not in offered
    assert (refused.status_code, taken.status_code) == (400, 302)
    assert "The group Lunch glass was not made to hold roles." in unescape(text_of(refused))


@pytest.mark.parametrize("holder", ["", "user:", "user:x", "shoe:1", "group:00"])
def test_nobody_chosen_is_told(cast: Cast, boss: Client, holder: str) -> None:
    response = boss.post(reverse("users:role-assign", args=[HELPDESK]), {"holder": holder})

    assert response.status_code == 422
    assert "Nothing was changed." in text_of(response)
    assert holders_of(cast, HELPDESK) == {"helpdesk.admin"}


@pytest.mark.parametrize("kind", ["user", "group", "unit"])
def test_foreign_holder_is_not_found(cast: Cast, boss: Client, kind: str) -> None:
    foreign = make_cast("fabrikam.example", "Fabrikam")
    with within(foreign.tenant):
        unit = AdministrativeUnit.objects.create(tenant=foreign.tenant, name="Sales", created_at=clock.now())
        group = Group.objects.get(name="Break glass")
    ids = {"user": foreign["adele.vance"].pk, "group": group.pk, "unit": unit.pk}
    own = cast["adele.vance"].pk
    form = {"holder": f"user:{own}", "unit": str(unit.pk)} if kind == "unit" else {"holder": f"{kind}:{ids[kind]}"}

    assert boss.post(reverse("users:role-assign", args=[HELPDESK]), form).status_code == 404
    assert holders_of(cast, HELPDESK) == {"helpdesk.admin"} == holders_of(foreign, HELPDESK)


def test_page_asks_for_fresh_proof_first_and_the_post_again(cast: Cast, boss: Client) -> None:
    stale = clock.now() - timedelta(minutes=11)
    Session.objects.filter(user=cast["global.admin"]).update(proven_at=stale)
    ways = {
        reverse("users:role-assign", args=[HELPDESK]): {"holder": f"user:{cast['adele.vance'].pk}"},
        reverse("users:role-remove", args=[assignment(cast, "helpdesk.admin").pk]): {},
        reverse("users:person-roles", args=[cast["adele.vance"].pk]): {"role": str(HELPDESK)},
    }

    for address, form in ways.items():
        for answer in (boss.get(address), boss.post(address, form)):
            assert answer.status_code == 302
            assert answer.headers["Location"] == f"/confirm?next={address.replace('/', '%2F')}"
        upgraded = boss.get(address, headers={"HX-Request": "true"})
        assert upgraded.headers["HX-Redirect"].startswith("/confirm?next=")
    assert holders_of(cast, HELPDESK) == {"helpdesk.admin"}


def test_role_is_taken_after_a_question(cast: Cast, boss: Client) -> None:
    address = reverse("users:role-remove", args=[assignment(cast, "helpdesk.admin").pk])

    asked = text_of(boss.get(address))
    assert holders_of(cast, HELPDESK) == {"helpdesk.admin"}
    led = boss.post(address)

    assert "holds Helpdesk Administrator over the whole organization." in asked
    assert "The role was taken away" in text_of(boss.get(led.headers["Location"]))
    assert (holders_of(cast, HELPDESK), boss.get(address).status_code) == (set(), 404)


def test_last_global_administrator_keeps_the_role_and_the_page_says_so(cast: Cast, boss: Client) -> None:
    response = boss.post(reverse("users:role-remove", args=[assignment(cast, "global.admin").pk]))

    assert response.status_code == 400
    assert "This is the last enabled Global Administrator." in text_of(response)
    assert response.context["tab"] == "assigned"
    assert holders_of(cast, GLOBAL) == {"global.admin"}


def test_role_of_the_last_global_administrator_is_not_offered_to_be_taken(cast: Cast, boss: Client) -> None:
    row = assignment(cast, "global.admin")
    remove = reverse("users:role-remove", args=[row.pk])
    pages = [
        f"{reverse('users:role', args=[GLOBAL])}?tab=assigned",
        reverse("users:person-roles", args=[cast["global.admin"].pk]),
    ]

    for address in (*pages, remove):
        page = boss.get(address).content.decode()
        assert "This is the last enabled Global Administrator." in page
        assert f'href="{remove}"' not in page
    assert 'class="btn btn-danger"' not in boss.get(remove).content.decode()

    with within(cast.tenant):
        give(cast, cast["adele.vance"], GLOBAL)
    for address in pages:
        assert f'href="{remove}"' in boss.get(address).content.decode()


@pytest.mark.parametrize("state", ["blocked", "deleted", "eligible", "in an empty group", "in a group"])
def test_only_somebody_who_can_act_makes_the_last_one_not_the_last(cast: Cast, boss: Client, state: str) -> None:
    with within(cast.tenant):
        if "group" in state:
            group = make_group(cast, "Chiefs", is_role_assignable=True)
            give_group(cast, group, GLOBAL)
            if state == "in a group":
                join(cast, group, cast["adele.vance"])
        else:
            give(cast, cast["adele.vance"], GLOBAL, is_active=state != "eligible")
            values = {"blocked": {"account_enabled": False}, "deleted": {"deleted_at": clock.now()}}.get(state, {})
            User.objects.filter(pk=cast["adele.vance"].pk).update(user_type="member", **values)

    page = boss.get(reverse("users:role-remove", args=[assignment(cast, "global.admin").pk])).content.decode()

    assert ("This is the last enabled Global Administrator." in page) is (state != "in a group")


def test_question_names_the_person_and_the_user_name(cast: Cast, boss: Client) -> None:
    asked = text_of(boss.get(reverse("users:role-remove", args=[assignment(cast, "helpdesk.admin").pk])))

    person = cast["helpdesk.admin"]
    assert f"{person.display_name} ({person.user_principal_name}) holds Helpdesk Administrator" in asked


def test_custom_role_is_no_page_of_the_portal(cast: Cast, boss: Client) -> None:
    with within(cast.tenant):
        custom = give(cast, cast["adele.vance"], CUSTOM_ROLE)

    assert boss.get(reverse("users:role-remove", args=[custom.pk])).status_code == 404


def test_reader_sees_every_command_disabled_and_is_refused_by_post(cast: Cast) -> None:
    reader = signed_in(cast["helpdesk.admin"])
    held = assignment(cast, "helpdesk.admin")
    ways = {
        reverse("users:role-assign", args=[HELPDESK]): {"holder": f"user:{cast['adele.vance'].pk}"},
        reverse("users:role-remove", args=[held.pk]): {},
        reverse("users:person-roles", args=[cast["adele.vance"].pk]): {"role": str(HELPDESK)},
    }

    shown = page(reader, "role", HELPDESK, tab="assigned").content.decode()
    assert shown.count('aria-disabled="true"') == 2
    assert not any(f'href="{address}"' in shown for address in ways)
    for address, form in ways.items():
        asked, refused = reader.get(address), reader.post(address, form)
        assert (asked.status_code, refused.status_code) == (200, 403)
        assert all("None of your roles may give roles." in text_of(answer) for answer in (asked, refused))
    assert holders_of(cast, HELPDESK) == {"helpdesk.admin"}
    assert AuditEvent.objects.filter(details__RefusalCode="NO_RIGHT_ROLE_ASSIGN").count() == 3


def test_own_promotion_goes_on_under_a_new_key(cast: Cast, boss: Client) -> None:
    name = django_settings.SESSION_COOKIE_NAME
    before = boss.cookies[name].value

    led = boss.post(reverse("users:person-roles", args=[cast["global.admin"].pk]), {"role": str(HELPDESK), "unit": ""})

    assert boss.cookies[name].value != before
    assert boss.get(led.headers["Location"]).status_code == 200


def test_role_is_given_from_the_side_of_the_person(cast: Cast, boss: Client) -> None:
    with within(cast.tenant):
        unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())
    address = reverse("users:person-roles", args=[cast["adele.vance"].pk])

    nothing = boss.post(address, {"role": ""})
    too_much = boss.post(address, {"role": str(GLOBAL), "unit": str(unit.pk)})
    led = boss.post(address, {"role": str(HELPDESK), "unit": str(unit.pk)})

    assert (nothing.status_code, too_much.status_code) == (422, 400)
    assert "always reaches the whole organization" in text_of(too_much)
    assert "Over the administrative unit Sales" in text_of(boss.get(led.headers["Location"]))


def test_panel_of_a_person_leads_to_their_roles_or_says_why_not(cast: Cast, boss: Client) -> None:
    address = reverse("users:person-roles", args=[cast["adele.vance"].pk])

    open_to_all = page(boss, "panel", cast["adele.vance"].pk).content.decode()
    closed = page(signed_in(cast["helpdesk.admin"]), "panel", cast["adele.vance"].pk).content.decode()

    assert address in open_to_all and address not in closed
    assert "None of your roles may give roles." in closed


def test_compared_roles_stand_side_by_side(boss: Client) -> None:
    ids = [str(TEMPLATE_IDS[role]) for role in (Role.HELPDESK_ADMINISTRATOR, Role.USER_ADMINISTRATOR)]
    response = page(boss, "roles-compare", role=[*ids, ids[0], ""])

    assert [column.role.name for column in response.context["columns"]] == [  # type: ignore[attr-defined]
        "Helpdesk Administrator",
        "User Administrator",
    ]
    rights = {row.label: row.cells for row in response.context["rights"]}  # type: ignore[attr-defined]
    assert rights["Block and unblock sign-in"] == (False, True)


def test_fourth_role_is_left_out_and_told(boss: Client) -> None:
    response = page(boss, "roles-compare", role=[str(TEMPLATE_IDS[role]) for role in list(Role)[:4]])

    assert (response.status_code, len(response.context["columns"])) == (422, 3)  # type: ignore[attr-defined]
    assert "Up to 3 roles stand side by side." in text_of(response)


@pytest.mark.parametrize("role", ["x", "00000000-0000-4000-8000-000000000000"])
def test_comparison_of_nothing_is_told(boss: Client, role: str) -> None:
    assert page(boss, "roles-compare", role=[role]).status_code == 422


def lines_of(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_export_lists_everybody_once_with_group_and_unit(cast: Cast, boss: Client) -> None:
    with within(cast.tenant):
        desk = make_group(cast, "=Night desk", is_role_assignable=True)
        empty = make_group(cast, "Empty", is_role_assignable=True)
        for name in ("adele.vance", "diego.siciliani"):
            join(cast, desk, cast[name])
        give_group(cast, desk, HELPDESK)
        give_group(cast, empty, HELPDESK)
        give(cast, cast["guest.person"], CUSTOM_ROLE, is_active=False)

    head, *lines = lines_of(boss.post(reverse("users:roles-export")))

    assert head[:4] == ["Role", "Role template id", "Display name", "Username"]
    of_role = {(line[3].partition("@")[0], line[5]) for line in lines if line[0] == "Helpdesk Administrator"}
    assert of_role == {
        ("helpdesk.admin", ""),
        ("adele.vance", "'=Night desk"),
        ("diego.siciliani", "'=Night desk"),
        ("", "Empty"),
    }
    assert [line[7] for line in lines if line[0] == "Custom or unknown role"] == ["Eligible"]
    assert len(lines) == len(Role) + 4
    assert AuditEvent.objects.filter(activity="Exported admin list", actor_id=cast["global.admin"].pk).count() == 1


def test_export_goes_on_behind_each_piece(cast: Cast, boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.services.role_export.CHUNK", 3)
    with within(cast.tenant):
        desk = make_group(cast, "Desk", is_role_assignable=True)
        give_group(cast, desk, HELPDESK)
        for name in ("adele.vance", "diego.siciliani", "lee.gu", "isaiah.langer"):
            join(cast, desk, cast[name])

    _head, *lines = lines_of(boss.post(reverse("users:roles-export")))

    assert len(lines) == len({tuple(line) for line in lines}) == len(Role) + 4


def test_export_holds_nobody_of_another_tenant(cast: Cast, boss: Client) -> None:
    make_cast("fabrikam.example", "Fabrikam")

    assert not any("fabrikam" in cell for line in lines_of(boss.post(reverse("users:roles-export"))) for cell in line)


def titles(cast: Cast) -> list[str]:
    with within(cast.tenant):
        return [warning.title for warning in list_warnings()]


def test_too_few_and_too_many_global_administrators_are_warned_of(cast: Cast) -> None:
    with within(cast.tenant):
        RoleAssignment.objects.exclude(role=GLOBAL).delete()
    assert titles(cast) == ["Only one Global Administrator can sign in."]

    for number in range(2, MANY_GLOBAL + 1):
        cast.add(f"boss{number}", roles=(Role.GLOBAL_ADMINISTRATOR,))
        expected = [f"{MANY_GLOBAL} people are Global Administrators."] if number == MANY_GLOBAL else []
        assert titles(cast) == expected

    with within(cast.tenant):
        User.objects.filter(display_name__startswith="Boss").update(account_enabled=False)
    assert titles(cast) == ["Only one Global Administrator can sign in."]


def test_ten_privileged_assignments_are_warned_of(cast: Cast) -> None:
    def told() -> bool:
        return any("privileged roles are assigned" in title for title in titles(cast))

    with within(cast.tenant):
        RoleAssignment.objects.exclude(role=GLOBAL).delete()
    names = [f"desk{number}" for number in range(MANY_PRIVILEGED - 2)]
    cast.add_all(*(part(name, roles=(Role.HELPDESK_ADMINISTRATOR,)) for name in names))
    assert not told()

    cast.add("reader", roles=(Role.DIRECTORY_READERS,))
    assert not told()
    cast.add("last", roles=(Role.PASSWORD_ADMINISTRATOR,))
    assert told()


def test_warnings_stand_on_the_list_and_on_the_home_of_whoever_can_mend_them(cast: Cast, boss: Client) -> None:
    warning = "Only one Global Administrator can sign in."

    assert warning in text_of(page(boss, "roles"))
    assert warning in text_of(boss.get("/"))
    assert warning not in text_of(signed_in(cast["helpdesk.admin"]).get("/"))


@pytest.mark.parametrize(
    "name", ["users:roles", "users:role", "users:role-assign", "users:role-why", "users:person-roles"]
)
def test_pages_cost_a_fixed_number_of_queries(cast: Cast, boss: Client, name: str) -> None:
    with within(cast.tenant):
        desk = make_group(cast, "Desk", is_role_assignable=True)
        give_group(cast, desk, HELPDESK)
        join(cast, desk, cast["adele.vance"])
    ids = {"users:role": [HELPDESK], "users:role-assign": [HELPDESK], "users:person-roles": [cast["adele.vance"].pk]}
    address = reverse(name, args=ids.get(name, []))
    query = {"tab": "assigned", "search": "ad", "target": str(cast["grady.archie"].pk), "target_search": "adm"}

    with within_budget(name):
        assert boss.get(address, query).status_code == 200


def test_large_group_names_some_members_and_counts_the_others(cast: Cast, boss: Client) -> None:
    cast.add_all(*(part(f"member{number:02}", has_password=False) for number in range(12)))
    with within(cast.tenant):
        crowd, empty = (make_group(cast, name, is_role_assignable=True) for name in ("Crowd", "Empty"))
        for group in (crowd, empty):
            give_group(cast, group, HELPDESK)
        for number in range(12):
            join(cast, crowd, cast[f"member{number:02}"])

    text = text_of(page(boss, "role", HELPDESK, tab="assigned"))

    assert "Group: Member00, Member01" in text and "Member09 and 2 more" in text and "Member10" not in text
    assert "Empty Group without members" in text
