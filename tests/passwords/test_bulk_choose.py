"""From chosen people to a draft: ticks, everyone of a search, a list of names, a group."""

from __future__ import annotations

from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from passwords.models import BulkAct, BulkItem, BulkJob
from tests.cast import Cast, make_cast, make_tenant, signed_in
from tests.passwords.many_cast import add_department
from users.grid_selection import LABELS, MOST_TICKS
from users.models import Group, GroupMember, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
NEW = "/passwords/bulk/new"
LIST = "/passwords/bulk/list"
GROUP = "/passwords/bulk/group"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast["global.admin"])


def body(response: object) -> str:
    return unescape(response.content.decode())  # type: ignore[attr-defined]


def only_job(cast: Cast) -> BulkJob:
    with within(cast.tenant):
        return BulkJob.objects.get()


def people_of(cast: Cast, job: BulkJob) -> set[str]:
    with within(cast.tenant):
        names = BulkItem.objects.filter(job=job).values_list("user__user_principal_name", flat=True)
        return {name.partition("@")[0] for name in names}


def ids(cast: Cast, *names: str) -> list[str]:
    return [str(cast[name].pk) for name in names]


def test_every_act_of_the_selection_bar_is_one_that_a_job_can_do() -> None:
    assert set(LABELS) == set(BulkAct.values)


@pytest.mark.parametrize("act", BulkAct.values)
def test_ticked_people_become_a_draft_and_nothing_else_happens(cast: Cast, admin: Client, act: str) -> None:
    with within(cast.tenant):
        before = list(User.objects.order_by("pk").values())

    response = admin.post(NEW, {"act": act, "user": ids(cast, "adele.vance", "diego.siciliani")})

    job = only_job(cast)
    assert response.headers["Location"] == reverse("passwords:bulk", args=[job.pk])
    assert (job.act, job.state, people_of(cast, job)) == (act, "draft", {"adele.vance", "diego.siciliani"})
    with within(cast.tenant):
        assert list(User.objects.order_by("pk").values()) == before


def test_ticks_of_other_pages_join_those_of_this_one(cast: Cast, admin: Client) -> None:
    others = ",".join(ids(cast, "adele.vance", "lee.gu"))

    admin.post(NEW, {"act": "block", "user": ids(cast, "adele.vance"), "users": others})

    assert people_of(cast, only_job(cast)) == {"adele.vance", "lee.gu"}


def test_oneself_is_never_in_a_draft(cast: Cast, admin: Client) -> None:
    admin.post(NEW, {"act": "reset", "user": ids(cast, "adele.vance", "global.admin")})

    assert people_of(cast, only_job(cast)) == {"adele.vance"}


@pytest.mark.parametrize(
    ("act", "url_name"),
    [
        ("reset", "passwords:reset"),
        ("block", "users:block"),
        ("allow", "users:allow"),
        ("sign_out", "users:signout-person"),
    ],
)
def test_one_ticked_person_is_led_to_the_page_for_one(cast: Cast, admin: Client, act: str, url_name: str) -> None:
    response = admin.post(NEW, {"act": act, "user": ids(cast, "adele.vance")})

    assert response.headers["Location"] == reverse(url_name, args=[cast["adele.vance"].pk])


def test_people_of_another_tenant_are_nobody(cast: Cast, admin: Client) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("adele.other")

    response = admin.post(NEW, {"act": "reset", "user": [str(stranger.pk), str(uuid4())]})

    assert response.status_code == 422
    assert "There is no such person. Nothing was changed." in body(response)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"act": "reset"}, "Tick at least one person, then choose what to do. Nothing was changed."),
        ({"act": "reset", "user": ["x"]}, "There is no such person. Nothing was changed."),
        ({"act": "eat"}, "Choose what to do. Nothing was changed."),
        ({}, "Choose what to do. Nothing was changed."),
        ({"act": "reset", "select": "all", "search": "x" * 201}, "Search for at most 200 characters."),
        ({"act": "reset", "select": "all", "view": "nobody"}, "There is no such view or order."),
        (
            {"act": "reset", "users": ",".join(str(uuid4()) for _ in range(MOST_TICKS + 1))},
            f"Tick at most {MOST_TICKS} people, or select everyone who matches. Nothing was changed.",
        ),
    ],
)
def test_what_cannot_be_is_answered_on_the_list_with_a_sentence(
    cast: Cast, admin: Client, fields: dict[str, object], sentence: str
) -> None:
    response = admin.post(NEW, fields)

    assert response.status_code == 422
    assert sentence in body(response)
    with within(cast.tenant):
        assert not BulkJob.objects.exists()


def test_the_list_that_comes_back_shows_the_same_search(cast: Cast, admin: Client) -> None:
    response = admin.post(NEW, {"act": "reset", "search": "adele"})

    assert [row.user.display_name for row in response.context["rows"]] == ["Adele Vance"]
    assert "csrfmiddlewaretoken=" not in body(response)


@pytest.mark.parametrize(
    ("who", "act", "sentence"),
    [
        ("helpdesk.admin", "block", "None of your roles may block or unblock sign-in."),
        ("password.admin", "sign_out", "None of your roles may sign people out."),
        ("directory.readers", "reset", "None of your roles may reset passwords."),
    ],
)
def test_act_without_its_right_is_refused_and_its_button_says_why(
    cast: Cast, who: str, act: str, sentence: str
) -> None:
    client = signed_in(cast[who])

    refused = client.post(NEW, {"act": act, "user": ids(cast, "adele.vance", "diego.siciliani")})

    assert refused.status_code == 403
    assert sentence in body(refused)
    assert sentence in body(client.get("/users/active"))
    assert f'value="{act}"' not in body(client.get("/users/active"))


def test_everyone_of_a_search_is_a_frozen_filter_and_no_list(cast: Cast, admin: Client) -> None:
    add_department(cast, 3)

    admin.post(NEW, {"act": "reset", "select": "all", "search": "sales", "view": "never_issued"})

    job = only_job(cast)
    assert (job.source_kind, job.source["search"], job.source["view"]) == ("filter", "sales", "never_issued")
    assert people_of(cast, job) == set()


def test_everyone_without_a_search_is_all_users(cast: Cast, admin: Client) -> None:
    admin.post(NEW, {"act": "reset", "select": "all"})

    assert only_job(cast).source_kind == "all"


def test_pasted_names_become_a_draft_with_what_is_wrong_with_them(cast: Cast, admin: Client) -> None:
    lines = ["adele.vance@contoso.example", "ADELE.VANCE@contoso.example", "", "nobody@contoso.example"]

    response = admin.post(LIST, {"act": "force_change", "text": "\r\n".join(lines)}, follow=True)

    job = only_job(cast)
    assert (job.act, job.entrance, people_of(cast, job)) == ("force_change", "csv", {"adele.vance"})
    page = body(response)
    assert "Row 4: nobody@contoso.example" in " ".join(page.split())
    assert "Row 2: ADELE.VANCE@contoso.example" in " ".join(page.split())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": ""}, "Choose a file or paste user names. Nothing was changed."),
        ({"text": "Name,Office\na,b"}, "none of them is called “User Name”"),
        ({"text": '"a@contoso.example'}, "Row 1 cannot be read"),
    ],
)
def test_list_that_cannot_be_read_is_refused(cast: Cast, admin: Client, fields: dict[str, str], sentence: str) -> None:
    response = admin.post(LIST, {"act": "reset", **fields})

    assert response.status_code == 422
    assert sentence in body(response)
    with within(cast.tenant):
        assert not BulkJob.objects.exists()


def test_text_that_is_too_large_is_refused_before_it_is_read(cast: Cast, admin: Client) -> None:
    response = admin.post(LIST, {"act": "reset", "text": "a@contoso.example\n" * 70_000})

    assert response.status_code == 413
    assert "The pasted text is larger than 1 MB. Nothing was changed." in body(response)


def test_list_offers_only_what_the_reader_may_do(cast: Cast) -> None:
    helpdesk = signed_in(cast["helpdesk.admin"])

    page = body(helpdesk.get(LIST))
    refused = helpdesk.post(LIST, {"act": "block", "text": "adele.vance@contoso.example"})

    assert 'value="sign_out"' in page
    assert 'value="block"' not in page
    assert refused.status_code == 422


def test_group_becomes_a_draft_of_its_members_at_the_start(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        group = Group.objects.create(tenant=cast.tenant, name="Warehouse", created_at=clock.now())
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast["adele.vance"])

    response = admin.post(GROUP, {"act": "reset", "group": str(group.pk)}, follow=True)

    assert only_job(cast).source == {"group": str(group.pk), "name": "Warehouse"}
    assert "Members of the group Warehouse" in body(response)
    assert "1 password will be reset" in body(response)


def test_group_of_another_tenant_is_no_group(cast: Cast, admin: Client) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    with within(other.tenant):
        group = Group.objects.create(tenant=other.tenant, name="Theirs", created_at=clock.now())

    response = admin.post(GROUP, {"act": "reset", "group": str(group.pk)})

    assert response.status_code == 422
    assert "There is no such group." in body(response)


def test_selecting_everyone_counts_exactly_and_leaves_the_reader_out(
    cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("users.grid.COUNTED", 5)
    monkeypatch.setattr("users.grid_query.COUNTED", 5)

    offered, chosen = admin.get("/users/active"), admin.get("/users/active?select=all")

    everyone = len(cast.people)
    assert "Select all 5+ users that match" in " ".join(body(offered).split())
    assert f"All {everyone - 1} users selected." in body(chosen)
    assert "You yourself are left out." in body(chosen)
    assert 'name="select" value="all"' in body(chosen)
    assert "select=all" in chosen.context["name_heading"].url
    assert all("select" not in tab.url for tab in chosen.context["tabs"])


def test_selecting_everyone_of_a_search_without_oneself_leaves_nobody_out(cast: Cast, admin: Client) -> None:
    page = body(admin.get("/users/active?search=adele&select=all"))

    assert "All 1 user selected." in page
    assert "You yourself are left out." not in page


def test_own_row_cannot_be_ticked_and_says_why(cast: Cast, admin: Client) -> None:
    page = body(admin.get("/users/active?search=global.admin@"))

    assert f'name="user" value="{cast["global.admin"].pk}"' not in page
    assert "What is done to many people leaves yourself out." in page


def test_people_are_found_by_their_department(cast: Cast, admin: Client) -> None:
    add_department(cast, 2, department="Økonomi")

    found = admin.get("/users/active", {"search": "okonomi"})

    assert len(found.context["rows"]) == 2
