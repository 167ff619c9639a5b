"""The second factor: who is asked, what lets in, what never skips it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from passwords.services.break_glass import open_with_break_glass
from tests.cast import PASSWORD, Cast, signed_in
from tests.users.app_ways import make_strict_cast, registers_app
from users import trusted_devices
from users.actors import SYSTEM
from users.models import AuthenticationMethod, RecoveryCode, Session, Tenant, TrustedDevice
from users.roles import Role
from users.services.recovery_codes import make_recovery_codes
from users.services.second_factor import count_holders
from users.services.tenants import create_tenant
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db
PAGE = "/signin/second-factor"
SET_UP = "/signin/second-factor/set-up"
ADMIN = "global.admin"


@pytest.fixture
def cast() -> Cast:
    return make_strict_cast()


def _rows(model: Any, **facts: Any) -> list[Any]:
    with across_tenants():
        return list(model.objects.filter(**facts))


def _app(cast: Cast, name: str = ADMIN) -> pyotp.TOTP:
    return registers_app(cast, name)


def _recovery(cast: Cast, name: str = ADMIN) -> list[str]:
    with within(cast.tenant), clock.travel(timedelta(minutes=-5)):
        codes = make_recovery_codes(tenant=cast.tenant, user=cast[name], by=SYSTEM, now=clock.now())
    return [code.expose() for code in codes]


def _code(app: pyotp.TOTP) -> str:
    return app.at(clock.now())


def _wrong(app: pyotp.TOTP) -> str:
    now = int(clock.now().timestamp())
    right = {app.at(now + seconds) for seconds in (-60, -30, 0, 30, 60)}
    return next(code for code in ("123456", "000000", "654321", "111111", "222222", "333333") if code not in right)


def _session(client: Client) -> Session:
    key = Secret(client.cookies[django_settings.SESSION_COOKIE_NAME].value)
    from users.sessions import digest_of

    return Session.objects.get(pk=digest_of(key))


def _is_in(client: Client) -> bool:
    return client.get("/users/active").status_code == 200


def _post(client: Client, code: str, **more: str) -> HttpResponse:
    return client.post(PAGE + more.pop("query", ""), {"code": code} | more)  # type: ignore[return-value]


@pytest.mark.parametrize("path", ["/", "/users/active", "/audit", "/settings/org", "/users/add", "/passwords/reset"])
def test_every_admin_page_asks_first(cast: Cast, path: str) -> None:
    _app(cast)

    answer = signed_in(cast[ADMIN]).get(path)

    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{PAGE}?next=")


def test_posts_and_panels_are_led_there_too(cast: Cast) -> None:
    _app(cast)
    client = signed_in(cast[ADMIN])
    adele = cast["adele.vance"]

    blocked = client.post(f"/users/active/{adele.pk}/block", {"reason": "x"})
    panel = client.get(f"/users/active/{adele.pk}", headers={"HX-Request": "true"})

    assert (blocked.status_code, blocked["Location"]) == (302, PAGE)
    assert panel["HX-Redirect"] == PAGE
    adele.refresh_from_db()
    assert adele.account_enabled


def test_my_account_stays_open_without_it(cast: Cast) -> None:
    _app(cast)
    client = signed_in(cast[ADMIN])

    assert client.get("/account").status_code == 200
    assert client.get("/account/password").status_code == 200


def test_people_without_a_role_are_never_asked(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])

    assert client.get("/", follow=True).request["PATH_INFO"] == "/account"
    assert client.get(PAGE)["Location"] == "/"


def test_switched_off_nobody_is_asked(cast: Cast) -> None:
    Tenant.objects.update(admin_mfa_required=False)

    assert _is_in(signed_in(cast[ADMIN]))


def test_code_of_the_app_lets_in_under_a_new_key_and_is_a_fresh_proof(cast: Cast) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])
    Session.objects.update(proven_at=clock.now() - timedelta(hours=1))
    before = _session(client)

    answer = _post(client, _code(app), next="/audit")

    after = _session(client)
    before.refresh_from_db()
    assert answer["Location"] == "/audit"
    assert (before.ended_at is not None, after.pk != before.pk) == (True, True)
    assert after.second_factor_at is not None
    assert after.proven_at == after.second_factor_at
    assert after.created_at == before.created_at
    assert _is_in(client)
    row = AuditEvent.objects.filter(activity="Signed in").latest("occurred_at")
    assert row.details["SecondFactor"] == "authenticator app"


def test_code_works_once_even_in_another_session(cast: Cast) -> None:
    app = _app(cast)
    code = _code(app)
    _post(signed_in(cast[ADMIN]), code)

    answer = _post(signed_in(cast[ADMIN]), code)

    assert answer.status_code == 422


def test_app_of_somebody_else_is_wrong(cast: Cast) -> None:
    _app(cast)
    other = _app(cast, "helpdesk.admin")

    assert _post(signed_in(cast[ADMIN]), _code(other)).status_code == 422


def test_recovery_code_lets_in_once_and_says_what_is_left(cast: Cast) -> None:
    _app(cast)
    codes = _recovery(cast)
    client = signed_in(cast[ADMIN])
    Session.objects.update(proven_at=clock.now() - timedelta(hours=1))

    answer = _post(client, codes[0].lower(), query="?recovery=1")

    assert answer.status_code == 200
    assert "You have 9 left" in answer.content.decode()
    assert _is_in(client)
    assert _session(client).proven_at < clock.now() - timedelta(minutes=59)  # type: ignore[operator]
    assert _post(signed_in(cast[ADMIN]), codes[0], query="?recovery=1").status_code == 422
    assert AuditEvent.objects.filter(activity="Signed in", details__SecondFactor="recovery code").count() == 1


def test_recovery_code_is_no_code_of_the_app(cast: Cast) -> None:
    _app(cast)
    codes = _recovery(cast)

    assert _post(signed_in(cast[ADMIN]), codes[0]).status_code == 422
    assert len(_rows(RecoveryCode, used_at=None)) == 10


def test_five_wrong_codes_close_the_door_to_the_right_one_for_fifteen_minutes(cast: Cast) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])

    answers = [_post(client, _wrong(app)).status_code for _ in range(5)]
    elsewhere = _post(signed_in(cast[ADMIN]), _code(app))

    assert answers == [422] * 5
    assert elsewhere.status_code == 429
    assert int(elsewhere["Retry-After"]) <= 900
    assert AuditEvent.objects.filter(reason="wrong second factor", result="failure").count() == 5
    with clock.travel(timedelta(minutes=15, seconds=1)):
        assert _post(signed_in(cast[ADMIN]), _code(app)).status_code == 302


def test_right_code_clears_the_count(cast: Cast) -> None:
    app = _app(cast)
    for _ in range(4):
        _post(signed_in(cast[ADMIN]), _wrong(app))
    _post(signed_in(cast[ADMIN]), _code(app))

    with clock.travel(timedelta(minutes=1)):
        answers = [_post(signed_in(cast[ADMIN]), _wrong(app)).status_code for _ in range(5)]

    assert answers == [422] * 5


def test_wrong_codes_of_one_person_do_not_close_the_door_to_another(cast: Cast) -> None:
    app, other = _app(cast), _app(cast, "helpdesk.admin")
    for _ in range(6):
        _post(signed_in(cast[ADMIN]), _wrong(app))

    assert _post(signed_in(cast["helpdesk.admin"]), _code(other)).status_code == 302


def _trusting(cast: Cast, app: pyotp.TOTP) -> Client:
    """Return a browser that was trusted and is signed in anew."""
    client = signed_in(cast[ADMIN])
    _post(client, _code(app), trust="on")
    return client


def test_trusted_browser_is_not_asked_again_until_its_days_are_over(cast: Cast) -> None:
    app = _app(cast)
    client = _trusting(cast, app)
    cookie = client.cookies[django_settings.TRUSTED_COOKIE_NAME]

    assert _is_in(signed_in(cast[ADMIN], client))
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 86_400)
    assert cookie.value not in str([vars(row) for row in _rows(TrustedDevice)])
    assert AuditEvent.objects.filter(details__SecondFactor="trusted browser").count() == 1
    with clock.travel(timedelta(days=30, seconds=1)):
        assert not _is_in(signed_in(cast[ADMIN], client))


def test_browser_is_trusted_only_when_asked_for_and_allowed(cast: Cast) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])
    _post(client, _code(app))
    assert django_settings.TRUSTED_COOKIE_NAME not in client.cookies

    Tenant.objects.update(trusted_device_days=0)
    with clock.travel(timedelta(minutes=1)):
        again = _trusting(cast, app)

    assert django_settings.TRUSTED_COOKIE_NAME not in again.cookies
    assert not _rows(TrustedDevice)


def test_fewer_days_end_the_trust_that_was_given_for_more(cast: Cast) -> None:
    client = _trusting(cast, _app(cast))

    with clock.travel(timedelta(days=8)):
        Tenant.objects.update(trusted_device_days=7)
        assert not _is_in(signed_in(cast[ADMIN], client))
        Tenant.objects.update(trusted_device_days=30)
        assert _is_in(signed_in(cast[ADMIN], client))
    Tenant.objects.update(trusted_device_days=0)
    assert not _is_in(signed_in(cast[ADMIN], client))


def test_trust_is_worth_nothing_for_another_person(cast: Cast) -> None:
    client = _trusting(cast, _app(cast))
    _app(cast, "helpdesk.admin")

    assert not _is_in(signed_in(cast["helpdesk.admin"], client))


def _reset_by_admin(cast: Cast) -> None:
    from passwords.authority import OperatorAuthority
    from passwords.orders import ResetOptions, ResetOrder
    from passwords.services.reset import reset_passwords

    order = ResetOrder(user_id=cast[ADMIN].pk, password=Secret("Another-Horse-88-Battery"))
    options = ResetOptions(must_change=False)
    with within(cast.tenant):
        reset_passwords(
            tenant=cast.tenant, orders=[order], authority=OperatorAuthority(), options=options, now=clock.now()
        )


def _change_role(cast: Cast) -> None:
    from users.services.role_changes import end_what_was_open

    with within(cast.tenant):
        end_what_was_open([cast[ADMIN].pk], now=clock.now())


def _sign_out_everywhere(cast: Cast) -> None:
    from users.services.people import sign_out_everywhere

    with within(cast.tenant):
        sign_out_everywhere(cast[ADMIN], by=SYSTEM, now=clock.now())


def _change_method(cast: Cast) -> None:
    _recovery(cast)


@pytest.mark.parametrize(
    "event", [_reset_by_admin, _change_role, _sign_out_everywhere, _change_method], ids=lambda event: event.__name__
)
def test_trust_ends_with(cast: Cast, event: Any) -> None:
    client = _trusting(cast, _app(cast))

    with clock.travel(timedelta(minutes=10)):
        event(cast)
        cast[ADMIN].refresh_from_db()

        assert not _is_in(signed_in(cast[ADMIN], client))


def test_reset_neither_removes_nor_skips_it(cast: Cast) -> None:
    app = _app(cast)
    _reset_by_admin(cast)

    client = Client()
    signed = client.post(
        "/signin", {"user_name": cast[ADMIN].user_principal_name, "password": "Another-Horse-88-Battery"}
    )

    assert signed.status_code == 302
    assert len(_rows(AuthenticationMethod, kind="authenticator")) == 1
    assert client.get("/users/active")["Location"].startswith(PAGE)
    assert _post(client, _code(app)).status_code == 302
    assert _is_in(client)


def test_session_that_a_reset_ended_is_not_revived_by_a_right_code(cast: Cast) -> None:
    from users.services.second_factor import Way, prove

    app, client = _app(cast), signed_in(cast[ADMIN])
    session = _session(client)
    session.user, session.tenant = cast[ADMIN], cast.tenant
    _reset_by_admin(cast)

    with within(cast.tenant):
        assert prove(session, typed=_code(app), way=Way.AUTHENTICATOR, now=clock.now()) is None
    assert not Session.objects.filter(ended_at=None).exists()


def test_passed_factor_stays_when_the_session_gets_a_new_key(cast: Cast) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])
    _post(client, _code(app))

    client.post("/confirm", {"password": PASSWORD, "next": "/audit"})

    assert _is_in(client)
    assert _session(client).second_factor_at is not None


def test_next_sign_in_asks_again(cast: Cast) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])
    _post(client, _code(app))

    client.post("/signin", {"user_name": cast[ADMIN].user_principal_name, "password": PASSWORD})

    assert not _is_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_on_to_own_pages_alone(cast: Cast, target: str) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])

    assert _post(client, _code(app), next=target)["Location"] == "/"


def test_holders_without_an_app_are_counted_once_each(cast: Cast) -> None:
    _app(cast)
    with within(cast.tenant):
        before = count_holders()
        AuthenticationMethod.objects.all().delete()
        after = count_holders()

    assert after.all == before.all == len(Role) + 1
    assert (before.without, after.without) == (before.all - 1, before.all)


def test_organisations_of_production_start_with_it_and_those_of_a_trial_without(settings: Any) -> None:
    def required(domain: str, *, is_demo: bool) -> bool:
        return create_tenant(domain=domain, name=domain, by=SYSTEM, now=clock.now(), is_demo=is_demo).admin_mfa_required

    settings.DEMO = False
    assert required("real.example", is_demo=False)
    settings.DEMO = True
    assert not required("trial.example", is_demo=True)
    assert not required("another.example", is_demo=False)


def test_page_that_says_it_is_off_says_so_no_more(cast: Cast) -> None:
    app, client = _app(cast), signed_in(cast[ADMIN])
    _post(client, _code(app))
    told = "second factor for administrators is off"

    assert told not in client.get("/users/active").content.decode()
    Tenant.objects.update(admin_mfa_required=False)
    assert told in client.get("/users/active").content.decode()


def test_emergency_access_has_a_new_app_set_up(cast: Cast) -> None:
    _app(cast)
    _recovery(cast)
    name = cast[ADMIN].user_principal_name

    open_with_break_glass(
        user_name=name,
        role=Role.GLOBAL_ADMINISTRATOR,
        reason="phone lost",
        password=Secret("Emergency-Horse-99-Battery"),
        now=clock.now(),
    )

    assert not _rows(AuthenticationMethod, kind="authenticator")
    assert not _rows(RecoveryCode)
    row = AuditEvent.objects.get(activity="Admin deleted security info")
    assert row.actor_kind == "operator"


def test_trusted_browsers_are_forgotten_a_month_after_their_end(cast: Cast) -> None:
    _trusting(cast, _app(cast))

    assert trusted_devices.purge_trusted(clock.now() + timedelta(days=59)) == 0
    assert trusted_devices.purge_trusted(clock.now() + timedelta(days=61)) == 1


def test_urls_are_what_the_pages_say() -> None:
    assert reverse("users:second-factor") == PAGE
    assert reverse("users:second-factor-set-up") == SET_UP
