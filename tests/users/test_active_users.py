"""Active users: columns, views, search, order, paging, what may be done to each row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import reverse

from adminportal import clock
from tests.cast import Cast, make_cast, make_tenant, signed_in
from users.grid import PAGE_ROWS, Wanted, _in_order, _in_part, people_of
from users.grid_order import Order, Place
from users.models import LicenceAssignment, LicenceProduct, User
from users.roles import Role
from users.tenancy import within

pytestmark = pytest.mark.django_db
LIST = "/users/active"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast["global.admin"])


def names(response: object) -> list[str]:
    return [row.user.display_name for row in response.context["rows"]]  # type: ignore[attr-defined]


def body(response: object) -> str:
    return unescape(response.content.decode())  # type: ignore[attr-defined]


def test_page_shows_every_column_of_a_person(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        product = LicenceProduct.objects.create(tenant=cast.tenant, name="Portal, all features")
        LicenceAssignment.objects.create(tenant=cast.tenant, product=product, user=cast["adele.vance"])

    page = body(admin.get(LIST, {"search": "adele"}))

    for text in ("Adele Vance", "adele.vance@contoso.example", "Portal, all features", "Sign-in allowed"):
        assert text in page
    assert f'href="{reverse("passwords:reset", args=[cast["adele.vance"].pk])}"' in page


def test_key_icon_of_a_forbidden_row_is_disabled_and_says_which_role_would_do(cast: Cast) -> None:
    helpdesk = signed_in(cast["helpdesk.admin"])

    response = helpdesk.get(LIST, {"search": "global.admin"})

    page = body(response)
    assert "Global Admin holds Global Administrator. Your role Helpdesk Administrator does not cover it;" in page
    assert reverse("passwords:reset", args=[cast["global.admin"].pk]) not in page
    assert 'aria-disabled="true"' in page
    assert {str(holder.role): holder.names for holder in response.context["holders"]} == {
        "Global Administrator": "Global Admin",
        "Privileged Authentication Administrator": "Privileged Authentication Admin",
    }


def test_own_row_is_disabled_with_its_reason(cast: Cast, admin: Client) -> None:
    page = body(admin.get(LIST, {"search": "global.admin@"}))

    assert "You cannot reset your own password here. Use My account or Forgot password." in page


def test_views_pick_blocked_must_change_and_never_issued(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(must_change=True)

    assert names(admin.get(LIST, {"view": "blocked"})) == ["Isaiah Langer"]
    assert names(admin.get(LIST, {"view": "must_change"})) == ["Diego Siciliani"]
    assert names(admin.get(LIST, {"view": "never_issued"})) == ["Never Issued"]
    assert len(names(admin.get(LIST, {"view": "all"}))) == len(cast.people)


def test_other_tenants_and_deleted_people_are_not_listed(cast: Cast, admin: Client) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("adele.other")
    with within(cast.tenant):
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(deleted_at=clock.now())

    listed = names(admin.get(LIST))

    assert stranger.display_name not in listed
    assert "Diego Siciliani" not in listed


def test_sorts_run_both_ways(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(password_changed_at=clock.now() + timedelta(days=1))

    by_name = names(admin.get(LIST, {"sort": "name"}))
    assert names(admin.get(LIST, {"sort": "-name"})) == by_name[::-1]
    assert names(admin.get(LIST, {"sort": "username"}))[0] == "Adele Vance"
    assert names(admin.get(LIST, {"sort": "changed"}))[0] == "Never Issued"
    assert names(admin.get(LIST, {"sort": "-changed"}))[0] == "Adele Vance"
    assert names(admin.get(LIST, {"sort": "-changed"}))[-1] == "Never Issued"
    assert names(admin.get(LIST, {"sort": "-status"}))[0] == "Isaiah Langer"
    assert names(admin.get(LIST, {"sort": "status"}))[-1] == "Isaiah Langer"


@pytest.fixture
def crowd() -> Cast:
    """130 people of whom many share a name, a moment of change and a state, so that only the id tells them apart."""
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("global.admin", roles=(Role.GLOBAL_ADMINISTRATOR,))
    now = clock.now()
    people = []
    for number in range(130):
        person = User(
            tenant=cast.tenant,
            user_principal_name=f"anna.{number:03}@contoso.example",
            display_name="Anna Berg" if number % 3 else "Åse Ødegård",
            password="!",
            created_at=now,
            account_enabled=number % 4 != 0,
            must_change=number % 2 == 0,
            password_changed_at=None if number % 5 == 0 else now,
            department="Sales" if number % 3 else "",
            city="Ålesund" if number % 2 else "Oslo",
        )
        person.fold()
        people.append(person)
    with within(cast.tenant):
        User.objects.bulk_create(people)
    return cast


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the HTML of the list, which nobody reads where hundreds of pages are walked."""

    def bare(request: HttpRequest, name: str, context: dict[str, object], status: int) -> HttpResponse:
        return HttpResponse(engines["django"].from_string("").render(context, request), status=status)

    monkeypatch.setattr("users.views.active_users.render", bare)


def walk(client: Client, query: dict[str, str], link: str) -> Iterator[list[str]]:
    """Follow a link of the pager from page to page, starting with the query."""
    while True:
        response = client.get(LIST, query)
        assert response.status_code == 200
        yield [row.user.user_principal_name for row in response.context["rows"]]
        url = response.context[link]
        if not url:
            return
        query = {key: value for key, (value,) in parse_qs(urlsplit(url).query).items()}


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize("narrowed", [{}, {"search": "anna"}, {"view": "must_change"}])
@pytest.mark.parametrize("ways", ["ids", "walk", "gather"])
def test_paging_has_no_gap_and_no_repeat_at_equal_keys(
    crowd: Cast, narrowed: dict[str, str], ways: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ways != "ids":
        monkeypatch.setattr("users.grid.COUNTED", 60)
        monkeypatch.setattr("users.grid.WALK", 120 if ways == "walk" else 10)
    client = signed_in(crowd["global.admin"])
    expected = {"": 131, "search": 130, "view": 65}[next(iter(narrowed), "")]

    sorts = ("name", "username", "changed", "status", "department", "city", "created")
    for sort in (*sorts, *(f"-{sort}" for sort in sorts)):
        pages = list(walk(client, {"sort": sort, **narrowed}, "next_url"))

        seen = [name for page in pages for name in page]
        assert len(seen) == len(set(seen)) == expected, sort
        assert all(len(page) == PAGE_ROWS for page in pages[:-1]), sort


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize("sort", ["name", "-changed", "status", "-department", "created"])
@pytest.mark.parametrize("narrowed", [{}, {"search": "anna"}])
def test_going_back_shows_the_same_pages(crowd: Cast, sort: str, narrowed: dict[str, str]) -> None:
    client = signed_in(crowd["global.admin"])
    forth = list(walk(client, {"sort": sort, **narrowed}, "next_url"))
    response = client.get(LIST, {"sort": sort, **narrowed})
    while response.context["next_url"]:
        response = client.get(response.context["next_url"])

    query = {key: value for key, (value,) in parse_qs(urlsplit(response.context["previous_url"]).query).items()}
    back = list(walk(client, query, "previous_url"))

    assert back == forth[-2::-1]


def test_places_are_sorted_by_their_folded_names_and_inside_by_the_people(crowd: Cast) -> None:
    client = signed_in(crowd["global.admin"])

    people = [row.user for row in client.get(LIST, {"sort": "-city"}).context["rows"]]
    last = [row.user for row in client.get(LIST, {"sort": "city"}).context["rows"]]

    keys = [(user.sort_city, user.sort_name) for user in people]
    assert keys == sorted(keys, reverse=True)
    assert keys[-1][0] == "oslo"
    assert last[0].city == ""
    assert last[1].city == "Ålesund"


@pytest.mark.postgres
@pytest.mark.parametrize("sort", ["department", "-office", "city", "-country", "created"])
def test_sort_by_keys_is_answered_from_its_index(crowd: Cast, sort: str) -> None:
    order = Order.parse(sort)
    with within(crowd.tenant):
        wanted = Wanted(order=order, after=Place.of(crowd["global.admin"], order))
        (part,) = order.parts(backwards=False)
        page = _in_order(people_of(wanted).filter(_in_part(wanted, part)), wanted, part)[:50]
        with connection.cursor() as cursor:
            # So few rows are otherwise read from front to back and sorted, whatever indexes there are.
            for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            plan = page.explain()

    name = {"created": "creation"}.get(order.sort, order.sort)
    assert f"keys_by_{name}" in plan
    assert "Sort" not in plan
    assert "Index Cond: ((tenant_id =" in plan
    assert "ROW(" in plan


def test_count_stops_at_a_thousand_and_is_exact_on_demand(crowd: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(crowd["global.admin"])
    assert client.get(LIST).context["count"] == "131"
    monkeypatch.setattr("users.grid.COUNTED", 100)
    monkeypatch.setattr("users.grid_query.COUNTED", 100)

    bounded = client.get(LIST, {"search": "anna"})
    exact = client.get(bounded.context["exact_url"])

    assert bounded.context["count"] == "100+"
    assert exact.context["count"] == "130"
    assert not exact.context["exact_url"]


def test_display_name_that_looks_like_a_formula_or_markup_comes_out_literally(cast: Cast, admin: Client) -> None:
    cast.add("formula", display_name='=HYPERLINK("x")<b>')

    raw = admin.get(LIST, {"search": "formula"}).content.decode()

    assert "=HYPERLINK(&quot;x&quot;)&lt;b&gt;" in raw
    assert "<b>" not in raw


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "shoe-size"},
        {"view": "nobody"},
        {"search": "x" * 201},
        {"after": "nonsense"},
        {"after": "WzFd"},
        {"after": "W10"},
        {"after": "bnVsbA"},
        {"sort": "changed", "after": "WyJjaGFuZ2VkIiwxLCIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwieCJd"},
    ],
)
def test_a_query_that_cannot_be_is_answered_with_a_sentence_and_the_first_page(
    admin: Client, cast: Cast, query: dict[str, str]
) -> None:
    response = admin.get(LIST, query)

    assert response.status_code == 422
    assert response.context["problem"].endswith("shown.")
    assert len(names(response)) == len(cast.people)


def test_place_of_another_order_is_refused(crowd: Cast) -> None:
    client = signed_in(crowd["global.admin"])
    after = parse_qs(urlsplit(client.get(LIST, {"sort": "name"}).context["next_url"]).query)["after"][0]

    response = client.get(LIST, {"sort": "username", "after": after})

    assert response.status_code == 422


def test_empty_states_are_drawn(cast: Cast, admin: Client) -> None:
    assert "Nobody was found" in body(admin.get(LIST, {"search": "zzzzzz"}))
    assert "Nobody is in this view" in body(admin.get(LIST, {"view": "must_change"}))


def test_head_is_answered_and_post_is_not(admin: Client, cast: Cast) -> None:
    assert admin.head(LIST).status_code == 200
    assert admin.post(LIST).status_code == 405


def test_a_role_without_the_right_to_read_people_gets_403(cast: Cast) -> None:
    client = signed_in(cast["reports.reader"])

    assert client.get(LIST).status_code == 403
    assert client.post(reverse("passwords:bulk-new")).status_code == 403
