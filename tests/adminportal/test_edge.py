"""What every request meets first: address, correlation id, headers, faults, the access line."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from pytest_django import Settings

from adminportal import correlation
from adminportal.hashing import HashingBusy
from adminportal.logging import PortalFormatter, redact
from adminportal.middleware.correlation import client_address
from users.access import public

TOKEN = "kT9-token-of-a-link_that-nobody-may-read"


def raising(problem: Exception) -> Callable[..., HttpResponse]:
    @public
    def view(request: HttpRequest, **arguments: str) -> HttpResponse:
        raise problem

    return view


@public
def say_facts(request: HttpRequest, **arguments: str) -> HttpResponse:
    facts = correlation.current()
    return HttpResponse(f"{facts.correlation_id} {facts.ip_address} {facts.user_agent}")


@public
def cached(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x", headers={"Cache-Control": "public, max-age=600", "Expires": "tomorrow"})


def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


handler400 = "adminportal.centre.views.errors.bad_request"
handler403 = "adminportal.centre.views.errors.permission_denied"
handler404 = "adminportal.centre.views.errors.page_not_found"
handler500 = "adminportal.centre.views.errors.server_error"
urlpatterns = [
    path("test/facts", say_facts),
    path("test/cached", cached),
    path("test/private", private),
    path("test/busy", raising(HashingBusy(7))),
    path("test/no-database", raising(OperationalError("could not connect to server: secret-host"))),
    path("test/lost-database", raising(InterfaceError("connection already closed"))),
    path("test/broken", raising(ZeroDivisionError("canary-of-a-fault"))),
    path("reveal-test/<str:token>", say_facts, name="reveal-test"),
    path("v1.0/busy", raising(HashingBusy(7))),
    path("", include("adminportal.urls")),
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(PortalFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "192.0.2.9"),
        (0, "203.0.113.5", "192.0.2.9"),
        (0, "nonsense", "192.0.2.9"),
        (1, None, "192.0.2.9"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (1, "203.0.113.5:51234", "203.0.113.5"),
        (1, "[2001:db8::7]:51234", "2001:db8::7"),
        (1, "2001:DB8::7", "2001:db8::7"),
    ],
)
def test_client_address_is_what_the_outermost_trusted_proxy_saw(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.9")

    assert client_address(request) == address


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [(1, "nonsense"), (1, "203.0.113.5, "), (1, "203.0.113.5, unknown"), (2, "203.0.113.5"), (1, "1.2.3"), (1, "")],
)
def test_unreadable_forwarded_address_is_refused(
    settings: Settings, browser: Client, proxies: int, forwarded: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    response = browser.get("/test/facts", headers={"X-Forwarded-For": forwarded})

    assert response.status_code == 400
    assert "X-Forwarded-For" in response.text
    assert response.headers["X-Frame-Options"] == "DENY"


def test_each_request_has_its_own_id_in_record_and_header(browser: Client) -> None:
    first = browser.get("/test/facts", headers={"X-Correlation-Id": str(uuid.UUID(int=1)), "User-Agent": "Test"})
    second = browser.get("/test/facts")

    assert first.text == f"{first.headers['X-Correlation-Id']} 127.0.0.1 Test"
    assert first.headers["X-Correlation-Id"] != str(uuid.UUID(int=1))
    assert first.headers["X-Correlation-Id"] != second.headers["X-Correlation-Id"]


EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Robots-Tag": "noindex",
}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/health/live", 200),
        ("/signin", 200),
        ("/test/private", 302),
        ("/nowhere", 404),
        ("/test/busy", 503),
        ("/test/broken", 500),
        ("/static/css/tokens.css", 200),
        ("/static/nothing.css", 404),
    ],
)
def test_every_answer_carries_the_headers(browser: Client, address: str, status: int) -> None:
    response = browser.get(address)

    response.close()  # a file stays open until then
    assert response.status_code == status
    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "clipboard-write=(self)" in response.headers["Permissions-Policy"]
    assert "camera=()" in response.headers["Permissions-Policy"]
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_nothing_but_files_may_be_cached(browser: Client) -> None:
    assert browser.get("/test/cached").headers["Cache-Control"] == "no-store"
    assert "Expires" not in browser.get("/test/cached").headers
    assert browser.get("/static/nothing.css").headers["Cache-Control"] == "no-store"
    file = browser.get("/static/css/tokens.css")
    file.close()
    assert "no-store" not in file.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("address", "retry_after"), [("/test/busy", "7"), ("/test/no-database", "10"), ("/test/lost-database", "10")]
)
def test_faults_of_others_are_503_with_retry_after(browser: Client, address: str, retry_after: str) -> None:
    response = browser.get(address)

    assert response.status_code == 503
    assert response.headers["Retry-After"] == retry_after
    assert response.headers["Content-Type"].startswith("text/html")
    assert "Nothing was changed" in response.text
    assert "secret-host" not in response.text


@pytest.mark.parametrize(("address", "accept"), [("/v1.0/busy", "*/*"), ("/test/busy", "application/json")])
def test_programs_get_the_fault_as_json(browser: Client, address: str, accept: str) -> None:
    response = browser.get(address, headers={"Accept": accept})

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "7"
    assert response.json()["error"]["code"] == "busy"


def test_fault_in_a_middleware_is_503_too(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*arguments: object, **options: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("users.sessions.find_session", lost)
    browser.cookies["session"] = "some-key"

    response = browser.get("/users/active")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"


def test_error_page_shows_no_fault_but_the_support_code(browser: Client) -> None:
    response = browser.get("/test/broken")

    assert response.status_code == 500
    assert "canary-of-a-fault" not in response.text
    assert response.headers["X-Correlation-Id"] in response.text


def test_error_page_comes_out_when_its_template_is_broken(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("adminportal.middleware.pages.render_to_string", broken)

    response = browser.get("/nowhere")

    assert response.status_code == 404
    assert "This page does not exist" in response.text


def test_access_line_names_the_route_and_never_path_or_query(browser: Client, lines: io.StringIO) -> None:
    response = browser.get(f"/reveal-test/{TOKEN}?search=adele")

    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    (access,) = [line for line in told if line["event"] == "request"]
    assert access["route"] == "reveal-test"
    assert access["status"] == 200
    assert access["correlation_id"] == response.headers["X-Correlation-Id"]
    assert TOKEN not in lines.getvalue()
    assert "adele" not in lines.getvalue()


def test_unknown_reveal_link_is_redacted_in_every_line(browser: Client, lines: io.StringIO) -> None:
    browser.get(f"/reveal/{TOKEN}/and/more")
    logging.getLogger("any.library").warning("GET %s", f"/reveal/{TOKEN}")

    assert "/reveal/[redacted]" in lines.getvalue()
    assert TOKEN not in lines.getvalue()


@pytest.mark.parametrize(
    "around",
    [
        "/reveal/{}",
        "/notice/{}",
        "'/notice/{}'",
        "'/reveal/{}'",
        "http://x.example/reveal/{}?a=b",
        '{{"p": "/reveal/{}"}}',
    ],
)
def test_redaction_cuts_the_token_alone(around: str) -> None:
    assert redact(around.format(TOKEN)) == around.format("[redacted]")


def test_traceback_is_logged_without_local_values(browser: Client, lines: io.StringIO) -> None:
    password = "canary-" + "local-value"

    try:
        _fail_with(password)
    except ZeroDivisionError:
        logging.getLogger("any.library").exception("failed")

    assert "ZeroDivisionError" in lines.getvalue()
    assert password not in lines.getvalue()


def _fail_with(password: str) -> float:
    return len(password) / 0
