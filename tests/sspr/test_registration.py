"""More information required: whom it is asked of at sign-in, step by step, and never as a trap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from sspr.models import Gate, Reach, Registration
from sspr.services.register import review
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.security_ways import MAIL, MOBILE, adds_app, adds_by_code, session_of, waiting_code, wrong
from tests.sspr.self_service import knows, policy_for, registers
from tests.users.app_ways import registers_app
from users.models import AuthenticationMethod, MethodKind, Session
from users.services.method_admin import require_new_registration
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db
NAME = "diego.siciliani"
ASK, SKIP = "/account/register?next=%2Faccount", "/account/register/skip"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    asks(made, reach=Reach.ALL, gates_required=2)
    return made


def asks(cast: Cast, **values: Any) -> None:
    policy_for(cast, **{"must_register": True, **values})


def arrives(cast: Cast, name: str = NAME) -> Client:
    return signed_in(cast[name], is_asked=False)


def led(client: Client, address: str = "/account") -> str:
    answer = client.get(address)
    return answer.headers.get("Location", "")


def kinds(cast: Cast, name: str = NAME) -> set[str]:
    with within(cast.tenant):
        return set(AuthenticationMethod.objects.filter(user=cast[name]).values_list("kind", flat=True))


def said(cast: Cast, name: str = NAME) -> list[str]:
    rows = AuditEvent.objects.filter(actor_id=cast[name].pk).order_by("id")
    return [f"{activity}: {result}" for activity, result in rows.values_list("activity", "result")]


def registration(cast: Cast, name: str = NAME) -> Registration:
    with across_tenants():
        return Registration.objects.get(user=cast[name])


@pytest.mark.parametrize(
    ("values", "name", "is_asked"),
    [
        ({"reach": Reach.ALL}, NAME, True),
        ({"reach": Reach.ALL, "must_register": False}, NAME, False),
        ({"reach": Reach.NONE}, NAME, False),
        ({"reach": Reach.NONE}, "global.admin", False),
        ({"reach": Reach.ALL}, "global.admin", True),
        ({"reach": Reach.ALL, "admins_may_use": False}, "global.admin", False),
        ({"reach": Reach.ALL}, "guest.person", False),
        ({"reach": Reach.ALL, "gates": ["email"]}, NAME, True),
        ({"reach": Reach.ALL}, "adele.vance", False),  # one method is required, and two are known of her
        ({"reach": Reach.ALL, "gates": ["questions"], "gates_required": 2}, NAME, False),  # nothing could be set up
    ],
)
def test_asked_is_who_is_in_reach_and_lacks_methods(cast: Cast, values: Any, name: str, is_asked: bool) -> None:
    asks(cast, **values)

    assert (led(arrives(cast, name)) == ASK) is is_asked


def test_number_that_nothing_is_sent_to_spares_nobody_the_question(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL)
    knows(cast, NAME, mobile="+44 909 879 0142")

    assert led(arrives(cast)) == ASK


def test_selected_asks_members_of_the_group_alone(cast: Cast) -> None:
    with within(cast.tenant):
        group = cast["grady.archie"].memberships.get().group
        asks(cast, reach=Reach.SELECTED, group=group)

    assert led(arrives(cast)) == ""
    assert led(arrives(cast, "grady.archie")) == ASK


def test_session_that_is_asked_nothing_is_looked_at_once(cast: Cast) -> None:
    client = arrives(cast, "adele.vance")
    client.get("/account")

    assert session_of(client).registration_asked_at is not None
    asks(cast, reach=Reach.ALL, gates_required=2, gates=["email", "app"])
    assert led(client) == ""
    assert led(arrives(cast, "adele.vance")) == ASK  # the change acts at the next sign-in


def test_temporary_password_is_changed_first(cast: Cast) -> None:
    with within(cast.tenant):
        type(cast[NAME]).objects.filter(pk=cast[NAME].pk).update(must_change=True)

    assert led(arrives(cast)) == "/account/password"
    assert led(arrives(cast), "/account/register") == "/account/password"


def test_pages_on_the_way_and_posts_are_not_led_away(cast: Cast) -> None:
    client = arrives(cast)

    assert client.get("/account/security-info").status_code == 200
    assert client.get("/confirm").status_code == 200
    assert client.get("/account", headers={"HX-Request": "true"}).status_code == 200
    assert client.post("/account/signout-everywhere").headers["Location"] == "/signin"


def test_minimum_number_strongest_first_then_done(cast: Cast) -> None:
    client = arrives(cast)
    page = client.get(led(client)).text

    begun = client.post("/account/register", {"next": "/account"})
    app = adds_app(client, begun["Location"].partition("?")[0], next="/account")
    second = client.get(app["Location"])
    phone = adds_by_code(client, cast[NAME], second["Location"], MOBILE)
    done = client.get(phone["Location"], follow=True)

    assert "2 methods are missing" in page and "Authenticator app" in page
    assert begun["Location"].startswith("/account/register/app?")
    assert second["Location"].startswith("/account/register/phone?")
    assert "You are set" in done.text and 'href="/account"' in done.text
    assert kinds(cast) == {"authenticator", "mobile_phone"}
    assert led(client) == ""
    assert registration(cast).registered_at is not None
    assert led(arrives(cast)) == ""


def test_every_step_is_in_the_audit_log(cast: Cast) -> None:
    client = arrives(cast)
    client.post("/account/register", {"next": "/account"})
    adds_app(client, "/account/register/app")
    adds_by_code(client, cast[NAME], "/account/register/email", MAIL)

    rows = said(cast)
    assert rows[0] == "User started security info registration: success"
    assert rows.count("User registered security info: success") == 2
    assert rows.count("Security info saved for self-service password reset: success") == 2
    assert rows.count("User registered all required security info: success") == 1
    assert rows.count("User registered for self-service password reset: success") == 1


def test_skip_lets_people_on_and_asks_at_the_next_sign_in(cast: Cast) -> None:
    client = arrives(cast)
    led(client)

    on = client.post(SKIP, {"next": "/account/password"})
    client.post(SKIP, {"next": "/account"})

    assert on["Location"] == "/account/password"
    assert led(client) == ""
    assert led(arrives(cast)) == ASK
    assert said(cast) == [
        "User canceled security info registration: success",
        "User registered for self-service password reset: failure",
    ]


def test_skip_leads_to_no_other_site(cast: Cast) -> None:
    assert arrives(cast).post(SKIP, {"next": "https://other.example/"})["Location"] == "/"


def test_what_is_registered_stays_and_the_rest_is_asked_later(cast: Cast) -> None:
    first = arrives(cast)
    adds_by_code(first, cast[NAME], "/account/register/email", MAIL)
    first.post(SKIP, {})

    later = arrives(cast)
    page = later.get(led(later)).text

    assert kinds(cast) == {"email"}
    assert "1 method is missing" in page and "What you have set up already stays." in page
    assert later.get("/account/register/email").headers["Location"].startswith("/account/register?")


def test_a_different_method_can_be_chosen(cast: Cast) -> None:
    client = arrives(cast)

    page = client.get("/account/register/other?next=/account").text

    assert page.index("Authenticator app") < page.index("Mobile phone") < page.index("Email")
    assert "/account/register/email?next=%2Faccount" in page
    assert "Office phone" not in page and "Security questions" not in page


def test_app_asks_for_a_second_method_where_that_is_the_rule(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, gates_required=1)
    client = arrives(cast)

    app, mail = (client.get(f"/account/register/{item}").text for item in ("app", "email"))
    first, others = (client.get(f"/account/register{page}").text for page in ("", "/other"))

    assert "2 methods to set up" in app
    assert "1 method to set up" in mail
    assert "A different method can be enough by itself." in first
    assert others.count("This one is enough.") == 2
    assert "This one is enough." not in others.partition("<strong>Mobile phone")[0]


def test_nothing_is_called_enough_where_every_way_takes_two(cast: Cast) -> None:
    first, others = (arrives(cast).get(f"/account/register{page}").text for page in ("", "/other"))

    assert "enough by itself" not in first
    assert "This one is enough." not in others


def test_administrators_are_asked_for_two_of_different_kinds_and_no_questions(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, gates_required=1, gates=[Gate.EMAIL, Gate.QUESTIONS])
    client = arrives(cast, "helpdesk.admin")

    page = client.get("/account/register/other").text

    assert "Authenticator app" in page and "Security questions" not in page
    assert "2 methods are missing" in client.get("/account/register").text


def test_known_data_is_filled_in_and_a_code_makes_it_private(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, gates_required=2, gates=["email", "app"])
    knows(cast, NAME, email=MAIL)
    client = arrives(cast)

    assert led(client) == ASK
    adds_app(client, "/account/register/app")

    assert led(client) == ""
    assert kinds(cast) == {"authenticator"}  # the address that is known counts as it is


def test_wrong_code_registers_nothing(cast: Cast) -> None:
    client = arrives(cast)
    client.post("/account/register/email", {"value": MAIL})

    answer = client.post("/account/register/email", {"value": MAIL, "code": wrong(waiting_code(cast[NAME]))})

    assert answer.status_code == 422
    assert kinds(cast) == set()


def test_code_counts_for_the_address_that_it_was_sent_to_alone(cast: Cast) -> None:
    client = arrives(cast)
    client.post("/account/register/email", {"value": MAIL})

    other = {"value": "other@mail.example", "code": waiting_code(cast[NAME])}

    assert client.post("/account/register/email", other).status_code == 422
    assert kinds(cast) == set()


def test_proof_is_asked_again_fifteen_minutes_after_sign_in(cast: Cast) -> None:
    client = arrives(cast)

    with clock.travel(timedelta(minutes=14)):
        in_time = client.post("/account/register/email", {"value": MAIL})
    with clock.travel(timedelta(minutes=15, seconds=1)):
        late = client.get("/account/register/email?next=/account")

    assert in_time.status_code == 200
    assert late["Location"].startswith("/confirm?next=%2Faccount%2Fregister%2Femail")


def test_registering_again_is_asked_even_where_nobody_must_register(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, must_register=False)
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)
    with within(cast.tenant):
        require_new_registration(actor=cast.actor("global.admin"), user_id=cast[NAME].pk, now=clock.now())

    client = arrives(cast)

    assert led(client) == ASK
    adds_by_code(client, cast[NAME], "/account/register/email", MAIL)
    assert registration(cast).must_register_again is False
    assert led(arrives(cast)) == ""


def test_registering_again_looks_over_what_is_left(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, must_register=False)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    with within(cast.tenant):
        require_new_registration(actor=cast.actor("global.admin"), user_id=cast[NAME].pk, now=clock.now())

    assert led(arrives(cast)) == "/account/review?next=%2Faccount"


@pytest.mark.parametrize(("days", "is_asked"), [(179, False), (181, True)])
def test_people_look_again_after_so_many_days(cast: Cast, days: int, is_asked: bool) -> None:
    asks(cast, reach=Reach.ALL, reconfirm_days=180)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    with within(cast.tenant):
        Registration.objects.create(tenant=cast.tenant, user=cast[NAME], registered_at=clock.now())

    with clock.travel(timedelta(days=days)):
        assert (led(arrives(cast)) == "/account/review?next=%2Faccount") is is_asked


def test_nobody_looks_again_where_it_is_never(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, reconfirm_days=0)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)

    with clock.travel(timedelta(days=900)):
        assert led(arrives(cast)) == ""


def test_looks_good_counts_from_now(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, reconfirm_days=180)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)

    with clock.travel(timedelta(days=200)):
        client = arrives(cast)
        page = client.get(led(client)).text
        on = client.post("/account/review", {"next": "/account"})
        assert led(client) == "" and led(arrives(cast)) == ""

    assert "a•••@mail.example" in page and MAIL not in page
    assert on["Location"] == "/account"
    assert said(cast) == ["User reviewed security info: success"]


def test_looks_good_undoes_no_demand_to_register_anew(cast: Cast) -> None:
    with within(cast.tenant):
        require_new_registration(actor=cast.actor("global.admin"), user_id=cast[NAME].pk, now=clock.now())
    client = arrives(cast)

    answer = client.post("/account/review", {"next": "/account"})

    assert answer["Location"] == "/account"
    assert registration(cast).must_register_again
    assert led(client) == led(arrives(cast)) == ASK
    assert said(cast) == []


def test_looks_good_that_nobody_asked_for_counts_for_nothing(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, reconfirm_days=180)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)

    arrives(cast).post("/account/review", {"next": "/account"})

    with across_tenants():
        assert not Registration.objects.filter(user=cast[NAME], reviewed_at__isnull=False).exists()
    assert said(cast) == []
    with clock.travel(timedelta(days=181)):
        assert led(arrives(cast)) == "/account/review?next=%2Faccount"


def test_looks_good_of_a_session_that_ended_meanwhile_counts_for_nothing(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, must_register=False)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    session = session_of(arrives(cast))
    with within(cast.tenant):
        require_new_registration(actor=cast.actor("global.admin"), user_id=cast[NAME].pk, now=clock.now())
        review(session, cast.actor(NAME), now=clock.now())

    assert registration(cast).must_register_again


def test_looks_good_after_a_demand_to_register_anew_is_taken_where_it_was_asked(cast: Cast) -> None:
    asks(cast, reach=Reach.ALL, must_register=False)
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    with within(cast.tenant):
        require_new_registration(actor=cast.actor("global.admin"), user_id=cast[NAME].pk, now=clock.now())

    arrives(cast).post("/account/review", {"next": "/account"})

    assert not registration(cast).must_register_again
    assert said(cast) == ["User reviewed security info: success"]


def test_role_holder_gives_the_second_factor_before_the_pages_that_add_methods(cast: Cast) -> None:
    type(cast.tenant).objects.update(admin_mfa_required=True)
    cast.tenant.refresh_from_db()
    client = arrives(cast, "helpdesk.admin")

    assert led(client, "/account/register").startswith("/signin/second-factor")
    assert led(client, "/account/register/email").startswith("/signin/second-factor")
    assert led(client, "/account/review").startswith("/signin/second-factor")
    assert client.post("/account/review")["Location"] == "/signin/second-factor"
    assert led(client, "/account/security-info").startswith("/signin/second-factor")


def test_my_account_opens_without_the_second_factor_and_the_question_comes_after_it(cast: Cast) -> None:
    type(cast.tenant).objects.update(admin_mfa_required=True)
    cast.tenant.refresh_from_db()
    app = registers_app(cast, "helpdesk.admin")
    client = arrives(cast, "helpdesk.admin")

    first = client.get("/account")
    factor = client.get(led(client, "/account/register")).text
    client.post("/signin/second-factor", {"code": app.at(clock.now()), "next": "/account"})

    assert first.status_code == 200
    assert 'action="/signout"' in factor and 'href="/account"' in factor
    assert led(client) == ASK


def test_first_set_up_of_an_app_can_be_left_by_signing_out(cast: Cast) -> None:
    type(cast.tenant).objects.update(admin_mfa_required=True)
    cast.tenant.refresh_from_db()
    client = arrives(cast, "helpdesk.admin")

    assert 'action="/signout"' in client.get("/", follow=True).text
    assert client.get("/account").status_code == 200


def test_people_of_another_tenant_are_asked_by_their_own_settings(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")

    assert led(arrives(other)) == ""
    assert Session.objects.filter(user=other[NAME], registration_asked_at=None).count() == 0
