"""The first set-up of an authenticator app on the way to the admin center."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.services.break_glass import open_with_break_glass
from tests.cast import PASSWORD, Cast, signed_in
from tests.users.app_ways import make_strict_cast, scan
from users.models import AuthenticationMethod, RecoveryCode, Session, Tenant
from users.roles import Role
from users.tenancy import across_tenants

pytestmark = pytest.mark.django_db
PAGE, SET_UP = "/signin/second-factor", "/signin/second-factor/set-up"
ADMIN = "helpdesk.admin"


@pytest.fixture
def cast() -> Cast:
    return make_strict_cast()


def _set_up(client: Client, **more: str) -> HttpResponse:
    app, sealed = scan(client.get(SET_UP).text)
    answer = client.post(SET_UP, {"sealed": sealed, "code": app.at(clock.now())} | more)
    client.app = app  # type: ignore[attr-defined]
    return answer  # type: ignore[return-value]


def _codes(page: str) -> list[str]:
    return re.findall(r"<li><code[^>]*>([^<]+)</code></li>", page)


def _rows(model: Any, **facts: Any) -> list[Any]:
    with across_tenants():
        return list(model.objects.filter(**facts))


def test_role_holder_without_an_app_is_led_to_set_one_up(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])

    first = client.get("/users/active")
    second = client.get(first["Location"])

    assert second["Location"] == f"{SET_UP}?next=%2Fusers%2Factive"
    page = client.get(second["Location"])
    assert "Set up an authenticator app" in page.text
    assert "no-store" in page["Cache-Control"]


def test_own_code_proves_the_app_and_ten_recovery_codes_are_shown_once(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])

    answer = _set_up(client, next="/users/active", label="Phone")

    page = answer.content.decode()
    codes = _codes(page)
    assert answer.status_code == 200
    assert len(set(codes)) == 10
    assert 'href="/users/active"' in page
    assert client.get("/users/active").status_code == 200
    assert codes[0] not in client.get("/account").text
    assert client.get(SET_UP).status_code == 302
    (method,) = _rows(AuthenticationMethod, kind="authenticator")
    assert (method.label, method.user_id) == ("Phone", cast[ADMIN].pk)
    stored = str([vars(row) for row in _rows(RecoveryCode)])
    assert stored.count("'digest'") == 10
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_what_was_set_up_is_asked_at_the_next_sign_in(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])
    codes = _codes(_set_up(client).content.decode())
    again = signed_in(cast[ADMIN])

    with clock.travel(timedelta(minutes=1)):
        led = again.get("/users/active", follow=True)
        by_app = again.post(PAGE, {"code": client.app.at(clock.now())})  # type: ignore[attr-defined]
        by_code = signed_in(cast[ADMIN]).post(f"{PAGE}?recovery=1", {"code": codes[3]})

    assert led.request["PATH_INFO"] == PAGE
    assert (by_app.status_code, by_code.status_code) == (302, 200)


def test_code_that_set_the_app_up_does_not_sign_in_as_well(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])
    _set_up(client)

    answer = signed_in(cast[ADMIN]).post(PAGE, {"code": client.app.at(clock.now())})  # type: ignore[attr-defined]

    assert answer.status_code == 422


def test_it_is_in_the_audit_log_and_the_person_is_told(cast: Cast) -> None:
    _set_up(signed_in(cast[ADMIN]))

    rows = list(AuditEvent.objects.filter(actor_id=cast[ADMIN].pk).values_list("activity", flat=True))
    assert rows.count("User registered security info") == 2
    assert AuditEvent.objects.filter(activity="Signed in", details__SecondFactor="set up").count() == 1
    assert OutboundMessage.objects.filter(template="method_changed", about_user_id=cast[ADMIN].pk).exists()


def test_wrong_code_shows_the_same_key_again(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])
    app, sealed = scan(client.get(SET_UP).text)

    answer = client.post(SET_UP, {"sealed": sealed, "code": "12345"})

    again, same = scan(answer.text)
    assert answer.status_code == 422
    assert (again.secret, same) == (app.secret, sealed)
    assert _rows(AuthenticationMethod, kind="authenticator") == []


@pytest.mark.parametrize("sealed", ["", "nonsense", "abc.def"])
def test_key_that_was_never_shown_is_refused(cast: Cast, sealed: str) -> None:
    answer = signed_in(cast[ADMIN]).post(SET_UP, {"sealed": sealed, "code": "123456"})

    assert answer.status_code == 422
    assert _rows(AuthenticationMethod, kind="authenticator") == []


def test_key_that_was_shown_to_another_person_is_refused(cast: Cast) -> None:
    app, sealed = scan(signed_in(cast["user.admin"]).get(SET_UP).text)

    answer = signed_in(cast[ADMIN]).post(SET_UP, {"sealed": sealed, "code": app.at(clock.now())})

    assert answer.status_code == 422


def test_key_that_is_too_old_is_replaced(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])
    app, sealed = scan(client.get(SET_UP).text)
    Tenant.objects.update(step_up_minutes=60)

    with clock.travel(timedelta(minutes=14, seconds=50)):
        Session.objects.update(last_seen_at=clock.now())
    with clock.travel(timedelta(minutes=15, seconds=30)):
        answer = client.post(SET_UP, {"sealed": sealed, "code": app.at(clock.now())})

    assert answer.status_code == 422
    assert scan(answer.text)[0].secret != app.secret


def test_somebody_who_has_an_app_sets_up_no_second_one_with_the_password_alone(cast: Cast) -> None:
    thief = signed_in(cast[ADMIN])
    app, sealed = scan(thief.get(SET_UP).text)
    _set_up(signed_in(cast[ADMIN]))
    thief = signed_in(cast[ADMIN])

    answer = thief.post(SET_UP, {"sealed": sealed, "code": app.at(clock.now())})

    assert answer["Location"].startswith(PAGE)
    assert len(_rows(AuthenticationMethod, kind="authenticator")) == 1
    assert thief.get("/users/active").status_code == 302


def test_session_that_was_not_proven_lately_is_asked_for_the_password_first(cast: Cast) -> None:
    client = signed_in(cast[ADMIN])
    Session.objects.update(proven_at=clock.now() - timedelta(minutes=11))

    assert client.get(SET_UP)["Location"].startswith("/confirm?next=")


def test_people_without_a_role_set_nothing_up_here(cast: Cast) -> None:
    assert signed_in(cast["adele.vance"]).get(SET_UP)["Location"].startswith(PAGE)


def test_emergency_access_changes_the_password_then_sets_up_an_app_then_enters(cast: Cast) -> None:
    name = "first.admin@contoso.example"
    emergency = Secret("Emergency-Horse-99-Battery")
    open_with_break_glass(
        user_name=name, role=Role.GLOBAL_ADMINISTRATOR, reason="first", password=emergency, now=clock.now()
    )
    client = Client()

    signed = client.post("/signin", {"user_name": name, "password": emergency.expose()})
    changed = client.post(
        "/account/password",
        {"current_password": emergency.expose(), "new_password": PASSWORD + "-9", "confirm_password": PASSWORD + "-9"},
    )

    assert signed["Location"] == "/account/password"
    assert changed.status_code == 302
    assert client.get("/users/active", follow=True).request["PATH_INFO"] == SET_UP
    assert _set_up(client).status_code == 200
    assert client.get("/users/active").status_code == 200
