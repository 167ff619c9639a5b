"""Columns of Active users: chosen per person, masked as elsewhere, each look noted, for a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from sspr.models import Gate, Reach
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.passwords import reset_cast
from tests.sspr.self_service import knows, policy_for
from users.grid_columns import SECTIONS, USUAL, Column, columns_of
from users.models import Contact, GridChoice, Group, GroupMember, RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.grid_choice import choose_columns
from users.services.lockout import LockoutRules, reserve
from users.tenancy import within

pytestmark = pytest.mark.django_db
LIST = "/users/active"
PAGE = "/users/active/columns"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def choose(cast: Cast, name: str, *columns: Column) -> Client:
    """Choose columns for somebody; return them signed in."""
    with within(cast.tenant):
        choose_columns(actor=cast.actor(name), columns=columns, now=clock.now())
    return signed_in(cast[name])


def row_of(client: Client, search: str) -> list[str]:
    """Return the cells of the one person who is found."""
    response = client.get(LIST, {"search": search})
    (row,) = response.context["rows"]
    return [cell.moment.isoformat() if cell.moment else cell.text for cell in row.cells]


def test_chosen_columns_are_shown_in_their_order_to_this_person_alone(cast: Cast) -> None:
    admin = signed_in(cast["global.admin"])

    answer = admin.post(PAGE, {"column": ["city", "username"], "next": f"{LIST}?search=adele"})

    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?search=adele")
    page = admin.get(LIST)
    assert [str(heading.label) for heading in page.context["headings"]] == ["Username", "City"]
    others = signed_in(cast["helpdesk.admin"]).get(LIST)
    assert len(others.context["headings"]) == len(USUAL)


def test_usual_columns_come_back_on_demand(cast: Cast) -> None:
    admin = choose(cast, "global.admin", Column.CITY)

    admin.post(PAGE, {"usual": "1"})

    with within(cast.tenant):
        assert columns_of(cast["global.admin"]) == USUAL


def test_no_ticked_box_leaves_the_name_alone(cast: Cast) -> None:
    admin = signed_in(cast["global.admin"])

    admin.post(PAGE, {})

    assert admin.get(LIST).context["headings"] == []


def test_column_that_is_not_there_changes_nothing(cast: Cast) -> None:
    admin = choose(cast, "global.admin", Column.CITY)

    answer = admin.post(PAGE, {"column": ["city", "shoe_size"]})

    assert answer.status_code == 422
    assert "There is no such column. Nothing was changed." in unescape(answer.content.decode())
    with within(cast.tenant):
        assert columns_of(cast["global.admin"]) == (Column.CITY,)


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/users/active", "/account", ""])
def test_choice_leads_back_to_a_list_of_people_only(cast: Cast, target: str) -> None:
    admin = signed_in(cast["global.admin"])

    assert admin.post(PAGE, {"next": target})["Location"] == LIST


def test_a_column_that_was_retired_is_left_out(cast: Cast) -> None:
    admin = choose(cast, "global.admin", Column.CITY)
    with within(cast.tenant):
        GridChoice.objects.update(columns=["shoe_size", "city"])

    assert len(admin.get(LIST).context["headings"]) == 1


def test_every_column_can_be_chosen_once() -> None:
    offered = [column for _, columns in SECTIONS for column in columns]

    assert sorted(offered) == sorted(Column)


def test_cells_say_what_is_known_of_a_person(cast: Cast) -> None:
    details = {
        "department": "Sales",
        "job_title": "Adviser",
        "office": "7",
        "city": "Bergen",
        "state": "Vestland",
        "country": "Norway",
        "must_change": True,
        "on_premises_sync_enabled": True,
        "directory_name": "corp.example",
    }
    cast.add("ingrid", display_name="Ingrid Moe", details=details, roles=(Role.REPORTS_READER,))
    with within(cast.tenant):
        group = Group.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast["ingrid"])
    columns = (
        *(Column.DEPARTMENT, Column.JOB_TITLE, Column.OFFICE, Column.CITY, Column.STATE, Column.COUNTRY),
        *(Column.ROLES, Column.GROUPS, Column.SYNCED, Column.MUST_CHANGE, Column.TEMPORARY),
        *(Column.LOCKED_UNTIL, Column.LAST_SIGN_IN, Column.CREATED),
    )

    cells = row_of(choose(cast, "global.admin", *columns), "ingrid")

    assert cells[:6] == ["Sales", "Adviser", "7", "Bergen", "Vestland", "Norway"]
    assert cells[6:] == [
        *("Reports Reader", "1 group", "corp.example", "Yes", "No temporary password"),
        *("", "Never", cast["ingrid"].created_at.isoformat()),
    ]


def test_temporary_password_column_tells_how_far_each_has_come(cast: Cast) -> None:
    reset_cast.reset(cast, "adele.vance", deliver_to_alternate=True)
    reset_cast.shown(cast, reset_cast.reset(cast, "diego.siciliani"))
    admin = choose(cast, "global.admin", Column.TEMPORARY)

    assert row_of(admin, "adele") == ["Issued"]
    assert row_of(admin, "diego") == ["Opened"]
    assert row_of(admin, "never.issued") == ["Never issued"]
    with clock.travel(timedelta(hours=80)):
        late = choose(cast, "global.admin", Column.TEMPORARY)
        assert row_of(late, "adele") == ["Expired"]


def test_locked_until_column_shows_the_end_of_a_lock_and_a_stop(cast: Cast) -> None:
    now = clock.now()
    rules = LockoutRules(threshold=1, first_seconds=3_600)
    reserve(folded_name=cast["adele.vance"].upn_folded, is_familiar=True, rules=rules, now=now)
    for _ in range(3):
        reserve(
            folded_name=cast["diego.siciliani"].upn_folded,
            is_familiar=False,
            rules=LockoutRules(threshold=99, hard_stop=2),
            now=now,
        )
    Tenant.objects.filter(pk=cast.tenant.pk).update(lockout_hard_stop=2)
    admin = choose(cast, "global.admin", Column.LOCKED_UNTIL)

    assert row_of(admin, "adele") == [(now + timedelta(hours=1)).isoformat()]
    assert row_of(admin, "diego") == ["Until somebody unlocks it"]


def test_contact_data_is_masked_where_the_reader_could_not_reset(cast: Cast) -> None:
    with within(cast.tenant):
        RoleAssignment.objects.create(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            role=TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR],
            created_at=clock.now(),
        )
    columns = (Column.ALTERNATE_EMAIL, Column.MOBILE_PHONE)

    seen = row_of(choose(cast, "global.admin", *columns), "adele")
    masked = row_of(choose(cast, "helpdesk.admin", *columns), "adele")
    read = row_of(choose(cast, "global.reader", *columns), "adele")

    assert seen == ["adele.vance.contoso@mail.example", "+46 70 174 06 05"]
    assert masked == read == ["a•••@mail.example", "+46 ••• 05"]


def test_each_look_at_unmasked_contact_data_is_noted_with_its_people(cast: Cast) -> None:
    admin = choose(cast, "global.admin", Column.MOBILE_PHONE)
    reader = choose(cast, "global.reader", Column.MOBILE_PHONE)
    plain = choose(cast, "user.admin", Column.CITY)

    for client in (admin, reader, plain):
        client.get(LIST)
    admin.head(LIST)

    (event,) = AuditEvent.objects.filter(activity="Viewed contact data")
    assert event.actor_id == cast["global.admin"].pk
    assert [target["id"] for target in event.targets] == [str(cast["adele.vance"].pk)]
    assert event.details == {"Entrance": "list"}


def test_self_service_is_told_in_few_words_and_costs_as_much_as_any_page(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates=[Gate.EMAIL.value, Gate.APP.value])
    knows(cast, "adele.vance", email="adele@mail.example")
    with within(cast.tenant):
        Contact.objects.filter(user=cast["diego.siciliani"]).delete()
    admin = choose(cast, "global.admin", *USUAL, Column.SELF_SERVICE)

    told = {name: row_of(admin, name)[-1] for name in ("adele", "diego", "guest.person")}
    policy_for(cast, reach=Reach.NONE, gates=[Gate.EMAIL.value])
    later = {name: row_of(admin, name)[-1] for name in ("adele", "diego")}

    assert (told["adele"], told["diego"]) == ("Capable", "Enabled, not registered")
    assert "not enabled" in told["guest.person"] or "nor enabled" in told["guest.person"]
    assert later == {"adele": "Registered, not enabled", "diego": "Neither registered nor enabled"}
    with within_budget("users:active"), clock.travel(timedelta(minutes=2)):
        assert admin.get(LIST).status_code == 200


def test_every_column_costs_a_fixed_number_of_queries(cast: Cast) -> None:
    reset_cast.reset(cast, "adele.vance", deliver_to_alternate=True)
    admin = choose(cast, "global.admin", *Column)

    with within_budget("users:active every column"):
        admin.get(LIST)
    for number in range(5):
        cast.add(f"more.{number}", alternate_email=f"more.{number}@mail.example", roles=(Role.REPORTS_READER,))
        reset_cast.reset(cast, f"more.{number}", actor="global.admin", deliver_to_alternate=True)
    with within_budget("users:active every column"):
        admin.get(LIST)
    with within(cast.tenant):
        assert User.objects.filter(is_temporary=True).count() == 6


def test_page_of_columns_costs_few_queries(cast: Cast) -> None:
    admin = signed_in(cast["global.admin"])

    with within_budget("users:columns"):
        page = admin.get(PAGE)

    assert "checked" in page.content.decode()
