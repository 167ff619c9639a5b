"""Where sign-in, fresh proof and sign-out lead, and what they do to the session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from users.models import Session
from users.sessions import digest_of
from users.views.sign_in import safe_target

UPN = "adele.vance@contoso.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _post(name: str, password: str, client: Client | None = None, **more: str) -> HttpResponse:
    browser = client or Client(REMOTE_ADDR="203.0.113.40")
    return browser.post("/signin", {"user_name": name, "password": password} | more)


def _main(page: HttpResponse) -> str:
    return page.content.decode().partition("<main")[2].partition("</main")[0]


@pytest.mark.parametrize("target", ["/account", "/users/active?search=a%20b", "/passwords/reset/x"])
def test_local_next_is_followed(cast: Cast, target: str) -> None:
    assert _post(UPN, PASSWORD, next=target)["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "///evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "\\\\evil.example",
        "http:/evil.example",
        " //evil.example",
    ],
)
def test_next_that_leaves_the_portal_is_dropped(cast: Cast, target: str) -> None:
    assert _post(UPN, PASSWORD, next=target)["Location"] == "/"
    client = signed_in(cast["adele.vance"])
    assert client.post("/confirm", {"password": PASSWORD, "next": target})["Location"] == "/"
    assert client.post("/language", {"language": "nb", "next": target})["Location"] == "/"


def test_safe_target_keeps_local_paths_alone() -> None:
    assert safe_target("/a?b=c#d") == "/a?b=c#d"
    assert safe_target("") == ""
    assert safe_target("a") == ""


def test_stranger_is_led_to_sign_in_and_back(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.41")

    asked = client.get("/account?x=1")

    assert asked["Location"] == "/signin?next=%2Faccount%3Fx%3D1"
    page = client.get(asked["Location"]).content.decode()
    assert 'value="/account?x=1"' in page


def test_confirm_gives_a_new_key_and_the_old_one_is_dead(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    old = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    Session.objects.update(proven_at=clock.now() - timedelta(hours=1))

    answer = client.post("/confirm", {"password": PASSWORD, "next": "/account"})

    assert answer["Location"] == "/account"
    new = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert new != old
    assert client.get("/account").status_code == 200
    stolen = Client()
    stolen.cookies[django_settings.SESSION_COOKIE_NAME] = old
    assert stolen.get("/account").status_code == 302
    row = Session.objects.get(key_digest=digest_of(Secret(new)))
    assert row.proven_at is not None and clock.now() - row.proven_at < timedelta(minutes=1)


def test_confirm_with_a_wrong_password_proves_nothing_and_says_so(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    Session.objects.update(proven_at=None)

    answer = client.post("/confirm", {"password": "Wrong-Password-1", "next": "/account"})

    assert answer.status_code == 422
    assert "That is not the password of this account. Nothing was changed." in answer.content.decode()
    assert 'value="/account"' in answer.content.decode()
    assert Session.objects.get().proven_at is None
    assert AuditEvent.objects.filter(result="failure", reason="wrong proof").count() == 1


def test_confirm_is_no_way_to_guess(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    for number in range(10):
        client.post("/confirm", {"password": f"Guess-{number}"})

    assert client.post("/confirm", {"password": PASSWORD}).status_code == 422
    with clock.travel(timedelta(seconds=61)):
        assert client.post("/confirm", {"password": PASSWORD}).status_code == 302


def test_confirm_page_says_who_is_asked_and_where_cancel_leads(cast: Cast) -> None:
    page = _main(signed_in(cast["global.admin"]).get("/confirm?next=/account"))

    assert "global.admin@contoso.example" in page
    assert 'href="/account"' in page
    assert 'autocomplete="current-password"' in page


def test_signing_out_ends_the_session_and_clears_the_browser(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])
    key = client.cookies[django_settings.SESSION_COOKIE_NAME].value

    answer = client.post("/signout")

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    stolen = Client()
    stolen.cookies[django_settings.SESSION_COOKIE_NAME] = key
    assert stolen.get("/account").status_code == 302
    assert signed_in(cast["adele.vance"]).get("/signout").status_code == 405
