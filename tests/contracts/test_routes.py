"""Every route has a guard, and the guard holds for strangers, employees, foreign ids and temporary passwords."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from tests.cast import signed_in
from tests.contracts.routes import (
    FOR_ADMINISTRATORS,
    GUARDED,
    ROUTES,
    WITH_ID,
    Ids,
    Route,
    World,
    make_world,
    nowhere,
    state_of,
)
from tests.contracts.shares import pairs
from users.models import User
from users.permissions import HOLDERS
from users.roles import Role
from users.tenancy import within

pytestmark = pytest.mark.django_db

PUBLIC = {
    "centre:dev-inbox",
    "centre:dev-message",
    "centre:dev-message-html",
    "csp-report",
    "health-live",
    "health-ready",
    "metrics",
    "passwords:reveal",
    "sspr:captcha-picture",
    "sspr:captcha-sound",
    "sspr:forgotten-name",
    "sspr:forgotten-name-sent",
    "sspr:cancel",
    "sspr:contact",
    "sspr:contact-sent",
    "sspr:finish",
    "sspr:go-on",
    "sspr:prove",
    "sspr:reason",
    "sspr:rules",
    "sspr:send",
    "sspr:start",
    "sspr:step",
    "sspr:unlock",
    "users:language",
    "users:notice",
    "users:signin",
}
"""Whoever adds a page for strangers writes it here as well."""
OPEN_TO_TEMPORARY_PASSWORDS = {
    "passwords:change",
    "passwords:change-rules",
    "users:signout",
    "users:signout-everywhere",
}
OWNED = {"method_id", "change_id"}
"""Ids of what belongs to one person and is nothing to anybody else's own pages."""
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE")
WRONG_METHOD = 405
ODD_FIELDS = (
    *(
        "act",
        "after",
        "again",
        "category",
        "channel",
        "columns",
        "confirm_password",
        "correlation",
        "current_password",
        "date_from",
    ),
    *("display_name", "done", "every", "form_key", "format", "how", "language", "new_password", "next", "password"),
    *("person", "q", "reason", "role", "search", "show", "sort", "stamp", "state", "tab", "ticket", "to", "user_name"),
    *("page", "select", "user", "user_id", "users", "view"),
)
"""Names of fields that some page reads."""
ODD_VALUES = ("\x00a", "\x00'\"<\u202e𝕏" * 50, "٣" * 20, "9" * 5_000, "{{7*7}}", "a\r\nSet-Cookie: b=c")

by_route = pytest.mark.parametrize("route", ROUTES, ids=str)
by_guarded_route = pytest.mark.parametrize("route", GUARDED, ids=str)
by_admin_route = pytest.mark.parametrize("route", FOR_ADMINISTRATORS, ids=str)
by_route_with_id = pytest.mark.parametrize("route", WITH_ID, ids=str)


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[World, World]]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world("contoso.example", "Contoso"), make_world("fabrikam.example", "Fabrikam")
        transaction.set_rollback(True)


@pytest.fixture
def own(worlds: tuple[World, World]) -> World:
    return worlds[0]


@pytest.fixture
def foreign(worlds: tuple[World, World]) -> World:
    return worlds[1]


@pytest.fixture(scope="module")
def by_role(worlds: tuple[World, World], django_db_blocker: DjangoDbBlocker) -> dict[Role, Client]:
    """Give somebody of each role, signed in; what a request does to the session is taken back with its test."""
    cast = worlds[0].cast
    local = {role: role.value.lower().replace("administrator", "admin").replace(" ", ".") for role in Role}
    with django_db_blocker.unblock():
        return {role: signed_in(cast[name]) for role, name in local.items()}


def knock(client: Client, route: Route, ids: Ids) -> dict[str, HttpResponse]:
    """Ask with every method; each answer is that of a fresh request."""
    return {method: client.generic(method, route.address(ids)) for method in METHODS}


def statuses(answers: dict[str, HttpResponse]) -> set[int]:
    return {answer.status_code for answer in answers.values()}


@by_route
def test_every_route_has_exactly_one_guard(route: Route) -> None:
    guards = [route.permission is not None, route.is_public, route.is_own_account]

    assert sum(guards) == 1, f"{route.name} needs one of @requires(…), @own_account, @public."
    assert route.is_public is (route.name in PUBLIC)
    assert route.is_open_to_must_change is (route.name in OPEN_TO_TEMPORARY_PASSWORDS)


@by_guarded_route
def test_stranger_is_led_to_the_sign_in_page(own: World, route: Route) -> None:
    address = route.address(own.ids)

    answers = knock(Client(), route, own.ids)
    upgraded = Client(headers={"HX-Request": "true"}).post(address)

    assert statuses(answers) == {302}
    for method, answer in answers.items():
        place = urlsplit(answer.headers["Location"])
        assert place.path == reverse("users:signin")
        assert parse_qs(place.query) == ({"next": [address]} if method == "GET" else {})
        assert answer.content == b""
    assert (upgraded.status_code, upgraded.headers["HX-Redirect"]) == (200, reverse("users:signin"))
    assert upgraded.content == b""


@by_admin_route
def test_employee_without_a_role_enters_no_admin_page(own: World, route: Route) -> None:
    client, before = signed_in(own.cast["diego.siciliani"]), state_of(own)

    answers = knock(client, route, own.ids)

    assert 403 in statuses(answers) <= {403, WRONG_METHOD}
    assert state_of(own) == before


@by_admin_route
def test_route_opens_for_exactly_the_roles_that_hold_its_permission(by_role: dict[Role, Client], route: Route) -> None:
    assert route.permission is not None
    holders = HOLDERS[route.permission]

    for role, client in by_role.items():
        # A method that no view knows: what counts is whether the guard or the view refuses it.
        found = {client.generic(method, route.address(nowhere())).status_code for method in ("GET", "POST")}
        assert (403 in found) is (role not in holders), f"{role} on {route.name}: {found}"


@by_route_with_id
def test_id_of_another_tenant_is_like_one_that_never_was(own: World, foreign: World, route: Route) -> None:
    client, before = signed_in(own.cast["global.admin"]), state_of(foreign)

    there, never = knock(client, route, foreign.ids), knock(client, route, nowhere())

    assert 404 in statuses(there) <= {404, WRONG_METHOD}
    assert {m: a.status_code for m, a in there.items()} == {m: a.status_code for m, a in never.items()}
    assert "Fabrikam" not in there["GET"].content.decode()
    assert state_of(foreign) == before


@by_route_with_id
def test_one_foreign_id_among_own_ones_reaches_nothing(own: World, foreign: World, route: Route) -> None:
    client, before = signed_in(own.cast["global.admin"]), state_of(foreign)

    for placeholder in route.placeholders:
        answers = knock(client, route, own.ids | {placeholder: foreign.ids[placeholder]})
        assert not any(b"Fabrikam" in answer.content for answer in answers.values())
    assert state_of(foreign) == before


@by_route_with_id
def test_own_id_is_found(own: World, route: Route) -> None:
    owner = "adele.vance" if OWNED & set(route.placeholders) and route.is_own_account else "global.admin"
    answers = knock(signed_in(own.cast[owner]), route, own.ids)

    assert statuses(answers) - {404, WRONG_METHOD}, "The foreign id proves nothing where the own one is not found."


@by_guarded_route
def test_temporary_password_opens_only_the_change(own: World, route: Route) -> None:
    boss = own.cast["global.admin"]
    with within(own.cast.tenant):
        User.objects.filter(pk=boss.pk).update(must_change=True, is_temporary=True)
    client, address = signed_in(boss), route.address(own.ids)

    answers = {method: client.generic(method, address) for method in ("GET", "POST")}
    upgraded = signed_in(boss, Client(headers={"HX-Request": "true"})).post(address)

    led = {answer.headers.get("Location") == reverse("passwords:change") for answer in answers.values()}
    if route.name in OPEN_TO_TEMPORARY_PASSWORDS:
        assert led == {False}
    else:
        assert statuses(answers) == {302} and led == {True}
        assert upgraded.headers["HX-Redirect"] == reverse("passwords:change")


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 500, "é" * 43, "..", "a%00b"])
def test_made_up_token_opens_nothing(token: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        assert Client().generic(method, f"/reveal/{token}").status_code == 404
        assert Client().generic(method, f"/notice/{token}").status_code == 404


@pytest.mark.parametrize(("route", "odd"), pairs(ROUTES, ODD_VALUES))
def test_no_route_breaks_on_odd_input(own: World, route: Route, odd: str) -> None:
    """A fault in a view would be raised by the client; a header cannot be split."""
    fields, address = dict.fromkeys(ODD_FIELDS, odd), route.address(own.ids)
    client = Client() if route.is_public else signed_in(own.cast["global.admin"])

    for answer in (client.get(address, fields), client.post(address, fields)):
        assert answer.status_code < 500
        assert not any("\r" in value or "\n" in value for value in answer.headers.values())
        assert "b" not in answer.cookies


def test_nul_is_refused_with_a_sentence(own: World) -> None:
    answer = Client().post(reverse("users:signin"), {"user_name": "a\x00b", "password": "Wrong-Guess-1"})

    assert answer.status_code == 400
    assert "Nothing was changed." in answer.content.decode()
