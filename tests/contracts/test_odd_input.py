"""Odd input over every route: broken page keys, bodies, methods and headers; never a fault, never a change."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.cast import signed_in
from tests.contracts.routes import ROUTES, Route, World, make_world, state_of
from tests.contracts.shares import in_turns, part_of

pytestmark = pytest.mark.django_db

NOBODY_ELSE = "00000000-0000-0000-0000-000000000000"
FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=b"
REPEATED = [("after", "x"), ("after", ""), ("search", "a"), ("search", "b"), ("user", "1"), ("user", "2"), ("tab", "")]


def _key(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


KEYS = (
    base64.urlsafe_b64encode(b"[" * 4_000).decode(),
    base64.urlsafe_b64encode(b"99999999999999999999.1").decode(),
    base64.urlsafe_b64encode(b"-62135596800000001.5").decode(),
    base64.urlsafe_b64encode(b"1.99999999999999999999").decode(),
    _key("0001-01-01T00:00:00+14:00", NOBODY_ELSE),
    _key("9999-12-31T23:59:59-14:00", NOBODY_ELSE),
    _key("name", 10**400, "a", NOBODY_ELSE),
    _key("name", 0, "a\x00", NOBODY_ELSE),
    _key("name", 0, "\ud800", NOBODY_ELSE),
    _key("name", 0, [1], NOBODY_ELSE),
    _key("changed", 1, "0001-01-01T00:00:00+14:00", NOBODY_ELSE),
    _key({}, None),
    "é====",
)
"""Keys of pages that no page gave."""
VALUES = ("\u202e", "9" * 400, "-1", "0", "NaN", "٣", "0001-01-01", "9999-12-31", "2026-02-30", "%s%(a)s", "ﷺ" * 200)
NAMES = (
    "search",
    "q",
    "sort",
    "view",
    "user",
    "again",
    "page",
    "since",
    "until",
    "correlation_id",
    "text",
    "person",
    "tab",
)
BODIES = (
    (b"", "application/json"),
    (b"[" * 8_000, "application/json"),
    (b"x", "multipart/form-data"),
    (b"--b", FILES),
    (b'--b\r\nContent-Disposition: form-data; name="file"; filename="../\x00"\r\n\r\n\xff\xfe\r\n--b--', FILES),
    (b"&".join(b"a%d=1" % number for number in range(1_500)), FORM),
    (b"user_name=%ed%a0%80&password=%ff&next=%ff&new_password=%ed%a0%80&form_key=%ff", FORM),
    (b"=&&;&a&=1&%&%zz", FORM),
)
HEADERS = (
    {"HTTP_ACCEPT_LANGUAGE": "x" * 9_000},
    {"HTTP_ACCEPT": ";;,=/*"},
    {"HTTP_USER_AGENT": "\xff" * 9_000},
    {"HTTP_HX_TARGET": "panel", "HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://["},
    {"HTTP_REFERER": "http://["},
    {"HTTP_COOKIE": "; ".join(f"{name}=a:1:\xff" for name in ("session", "device", "csrf", "django_language"))},
)

by_route = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture(scope="module")
def own(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world("contoso.example", "Contoso")
        transaction.set_rollback(True)


def _is_answered(answer: HttpResponse, route: Route) -> bool:
    """Tell a refusal from a fault; without a broker the one page that says so answers 503."""
    return answer.status_code < 500 or route.name == "health-ready"


@in_turns
@by_route
def test_no_route_breaks_on_an_odd_query(own: World, route: Route, turn: int) -> None:
    client, address = signed_in(own.cast["global.admin"]), route.address(own.ids)
    keys = [{"after": key, "sort": "name", "tab": "history"} for key in KEYS]
    keys += [{"before": key, "sort": "changed"} for key in KEYS if "active" in route.name or "pick" in route.name]
    plain = [dict.fromkeys(NAMES, value) for value in VALUES]
    many = [{f"a{number}": "1" for number in range(1_500)}]

    queries = [urlencode(query) for query in (*keys, *plain, *many, REPEATED)]
    for query in part_of(queries, route, turn):
        assert _is_answered(client.get(f"{address}?{query}"), route), query


@in_turns
@by_route
def test_no_route_breaks_on_an_odd_body_or_changes_anybody(own: World, route: Route, turn: int) -> None:
    before = _people_and_resets(own)
    for client in (Client(), signed_in(own.cast["global.admin"])):
        for body, content_type in part_of(BODIES, route, turn):
            answer = client.generic("POST", route.address(own.ids), body, content_type=content_type)
            assert _is_answered(answer, route), (body[:40], content_type)
            _sign_in_again(client, own)

    assert route.name in CHANGES_BY_A_BARE_POST or _people_and_resets(own) == before


@in_turns
@by_route
def test_no_route_breaks_on_an_odd_method_or_header(own: World, route: Route, turn: int) -> None:
    for client in (Client(), signed_in(own.cast["global.admin"])):
        for method in part_of(("TRACE", "OPTIONS", "PATCH", "PROPFIND", "get"), route, turn):
            assert _is_answered(client.generic(method, route.address(own.ids)), route), method
        for headers in part_of(HEADERS, route, turn):
            assert _is_answered(client.get(route.address(own.ids), **headers), route), headers


CHANGES_BY_A_BARE_POST = {
    *(
        "passwords:request-called",
        "passwords:request-take",
        "passwords:send-again",
        "passwords:show",
        "users:allow",
        "users:block",
        "users:import-batch",
    ),
    *("sspr:security-info-codes", "users:register-again", "users:remove-method"),
    *("users:role-remove", "users:signout-everywhere", "users:signout", "users:signout-person", "users:unlock"),
}
"""Buttons without a field: their post is the whole form."""


def _people_and_resets(world: World) -> list[tuple[object, ...]]:
    sessions = 2  # (key, end): those of this test are no change
    return [row for row in state_of(world) if len(row) > sessions]


def _sign_in_again(client: Client, world: World) -> None:
    if django_settings.SESSION_COOKIE_NAME in client.cookies:
        signed_in(world.cast["global.admin"], client)
