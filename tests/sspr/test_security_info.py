"""Security info: add, change, remove, set default: with fresh proof, a code to the new value, mail to the old."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pyotp
import pytest
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from sspr.models import Gate, GateFailures, Reach
from sspr.subjects import subject_of
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.security_ways import HOME, MAIL, MOBILE, adds_app, adds_by_code, session_of, waiting_code
from tests.sspr.self_service import policy_for, registers
from tests.sspr.wizard_visit import Visit, text_of
from tests.users.app_ways import scan
from users.models import AuthenticationMethod, MethodKind, RecoveryCode, Session, TrustedDevice
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db
NAME, KNOWN = "adele.vance", "adele.vance.contoso@mail.example"
OTHER = "+1 202 555 0171"
PAGES = ["app", "phone", "alternate-phone", "email", "extra-email", "recovery-codes"]


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL)
    return made


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast[NAME])


def methods(cast: Cast, name: str = NAME) -> dict[str, AuthenticationMethod]:
    with within(cast.tenant):
        return {method.kind: method for method in AuthenticationMethod.objects.filter(user=cast[name])}


def said(cast: Cast) -> list[str]:
    return list(AuditEvent.objects.filter(actor_id=cast[NAME].pk).order_by("id").values_list("activity", flat=True))


def told(template: str = "method_changed") -> set[str]:
    return set(OutboundMessage.objects.filter(template=template).values_list("to", flat=True))


def grow_old(cast: Cast) -> None:
    Session.objects.filter(user=cast[NAME]).update(proven_at=clock.now() - timedelta(minutes=11))


@pytest.mark.parametrize("page", PAGES)
def test_every_change_begins_with_a_fresh_proof(cast: Cast, client: Client, page: str) -> None:
    grow_old(cast)

    for answer in (client.get(f"{HOME}/{page}"), client.post(f"{HOME}/{page}", {"value": MAIL, "code": "12345678"})):
        assert answer.headers["Location"].startswith(f"/confirm?next=%2Faccount%2Fsecurity-info%2F{page}")
    assert methods(cast) == {}
    with within(cast.tenant):
        assert not RecoveryCode.objects.exists()


def test_removing_and_the_default_need_a_fresh_proof_too(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    method = methods(cast)["email"]
    grow_old(cast)

    for answer in (client.post(f"{HOME}/{method.pk}/{act}") for act in ("remove", "default")):
        assert answer.headers["Location"].startswith("/confirm")
    assert methods(cast)["email"].is_default is False


@pytest.mark.parametrize(
    ("page", "kind", "value"),
    [
        ("phone", "mobile_phone", MOBILE),
        ("alternate-phone", "alternate_phone", OTHER),
        ("email", "email", MAIL),
        ("extra-email", "extra_email", "adele.extra@mail.example"),
    ],
)
def test_code_to_the_new_value_registers_it(cast: Cast, client: Client, page: str, kind: str, value: str) -> None:
    answer = adds_by_code(client, cast[NAME], f"{HOME}/{page}", value)

    assert answer.headers["Location"] == f"{HOME}?saved=1"
    assert methods(cast)[kind].value == value
    assert methods(cast)[kind].proven_at is not None
    assert value in client.get(HOME).text
    assert KNOWN in told()
    assert "User registered security info" in said(cast)


def test_change_takes_the_place_and_tells_the_old_and_the_new_value(cast: Cast, client: Client) -> None:
    adds_by_code(client, cast[NAME], f"{HOME}/email", MAIL)
    OutboundMessage.objects.filter(template="method_changed").delete()

    adds_by_code(client, cast[NAME], f"{HOME}/email", "adele.second@mail.example")

    assert methods(cast)["email"].value == "adele.second@mail.example"
    assert told() >= {MAIL, "adele.second@mail.example"}
    assert said(cast).count("User updated security info") == 1


def test_address_counts_only_with_its_code(cast: Cast, client: Client) -> None:
    client.post(f"{HOME}/email", {"value": MAIL})
    code = waiting_code(cast[NAME])

    swapped = client.post(f"{HOME}/email", {"value": "thief@mail.example", "code": code})
    other_kind = client.post(f"{HOME}/extra-email", {"value": MAIL, "code": code})

    assert (swapped.status_code, other_kind.status_code) == (422, 422)
    assert methods(cast) == {}


def test_code_of_another_person_is_wrong(cast: Cast, client: Client) -> None:
    thief = signed_in(cast["grady.archie"])
    client.post(f"{HOME}/email", {"value": MAIL})

    answer = thief.post(f"{HOME}/email", {"value": MAIL, "code": waiting_code(cast[NAME])})

    assert answer.status_code == 422
    assert methods(cast, "grady.archie") == {}


@pytest.mark.parametrize("typed", ["no address", "adele.vance@contoso.example", ""])
def test_address_that_cannot_be_used_is_refused(cast: Cast, client: Client, typed: str) -> None:
    answer = client.post(f"{HOME}/email", {"value": typed})

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert not OutboundMessage.objects.filter(template="verification_code").exists()


@pytest.mark.parametrize(
    ("typed", "countries"), [("+44 909 879 0142", []), ("+44 909 879 0142", ["GB"]), (MOBILE, ["NO"])]
)
@pytest.mark.parametrize("page", ["phone", "alternate-phone"])
def test_number_that_nothing_is_sent_to_is_refused(
    cast: Cast, client: Client, page: str, typed: str, countries: list[str]
) -> None:
    policy_for(cast, reach=Reach.ALL, sms_countries=countries)

    answer = client.post(f"{HOME}/{page}", {"value": typed})

    assert answer.status_code == 422
    assert "No codes are sent to this kind of number, or to its country." in answer.text
    assert not OutboundMessage.objects.filter(template="verification_code").exists()
    assert methods(cast) == {}


@pytest.mark.parametrize(("must_register", "is_told"), [(True, True), (False, False)])
def test_page_says_that_more_is_asked_at_sign_in_only_where_it_is(
    cast: Cast, must_register: bool, is_told: bool
) -> None:
    name = "diego.siciliani"
    policy_for(cast, reach=Reach.ALL, gates_required=2, must_register=must_register)
    registers(cast, name, MethodKind.EMAIL, MAIL)
    client = signed_in(cast[name])

    page = client.get(HOME).text
    removal = client.get(f"{HOME}/{methods(cast, name)['email'].pk}/remove").text

    assert "needed to reset your password by yourself" in page
    for shown in (page, removal):
        assert ("when you next sign in" in shown) is is_told


def test_known_address_is_filled_in_and_its_code_makes_it_private(cast: Cast, client: Client) -> None:
    page = client.get(HOME).text
    form = client.get(f"{HOME}/email").text

    adds_by_code(client, cast[NAME], f"{HOME}/email", KNOWN)

    assert "Not confirmed yet" in page
    assert f'value="{KNOWN}"' in form
    assert methods(cast)["email"].value == KNOWN


def test_app_is_shown_once_and_proven_by_its_code(cast: Cast, client: Client) -> None:
    page = client.get(f"{HOME}/app")
    app, sealed = scan(page.text)

    wrong = client.post(f"{HOME}/app", {"sealed": sealed, "code": "000000"})
    right = client.post(f"{HOME}/app", {"sealed": sealed, "code": app.at(clock.now()), "label": "Phone of Adele"})

    assert "no-store" in page["Cache-Control"] and "<path" in page.text
    links = re.findall(r'href="(otpauth:[^"]+)"', page.text)
    assert [pyotp.parse_uri(unescape(link)).secret for link in links] == [app.secret]
    assert (wrong.status_code, right.headers["Location"]) == (422, f"{HOME}?saved=1")
    assert methods(cast)["authenticator"].label == "Phone of Adele"
    assert app.secret not in client.get(HOME).text
    assert isinstance(app, pyotp.TOTP)


def test_key_of_one_person_is_no_key_of_another(cast: Cast, client: Client) -> None:
    app, sealed = scan(client.get(f"{HOME}/app").text)

    answer = signed_in(cast["grady.archie"]).post(f"{HOME}/app", {"sealed": sealed, "code": app.at(clock.now())})

    assert answer.status_code == 422
    assert methods(cast, "grady.archie") == {}


def test_five_apps_are_the_most(cast: Cast, client: Client) -> None:
    for place in range(5):
        with clock.travel(timedelta(seconds=place)):
            assert adds_app(client, f"{HOME}/app").status_code == 302

    assert adds_app(client, f"{HOME}/app").status_code == 422
    assert f'href="{HOME}/app"' not in client.get(HOME).text


def test_change_ends_other_sessions_and_trusted_browsers_but_not_this_one(cast: Cast, client: Client) -> None:
    other = signed_in(cast[NAME])
    with within(cast.tenant):
        facts = {"created_at": clock.now(), "expires_at": clock.now() + timedelta(days=3)}
        TrustedDevice.objects.create(key_digest="x" * 64, tenant=cast.tenant, user=cast[NAME], **facts)

    adds_by_code(client, cast[NAME], f"{HOME}/email", MAIL)

    assert session_of(client).ended_at is None
    assert session_of(other).ended_at is not None
    with across_tenants():
        assert TrustedDevice.objects.get().revoked_at is not None


def test_removing_asks_first_and_tells_everybody(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    method = methods(cast)["email"]

    asked = client.get(f"{HOME}/{method.pk}/remove")
    assert methods(cast)
    done = client.post(f"{HOME}/{method.pk}/remove")

    assert "Remove Email?" in asked.text
    assert done["Location"] == f"{HOME}?removed=1"
    assert methods(cast) == {}
    assert MAIL in told()
    assert "User deleted security info" in said(cast)
    assert client.post(f"{HOME}/{method.pk}/remove").status_code == 404


def test_app_without_a_name_is_listed_by_its_day_alone(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.AUTHENTICATOR)

    line = client.get(HOME).text.partition('class="security__what"')[2].partition("security__commands")[0]

    assert "Authenticator app" in line and "–" not in line


def test_removing_below_the_required_number_warns_and_asks_at_the_next_sign_in(cast: Cast) -> None:
    name = "diego.siciliani"
    policy_for(cast, reach=Reach.ALL, must_register=True, gates_required=2)
    registers(cast, name, MethodKind.EMAIL, MAIL)
    registers(cast, name, MethodKind.MOBILE_PHONE, MOBILE)
    client = signed_in(cast[name])
    enough = client.get(HOME).text

    done = client.post(f"{HOME}/{methods(cast, name)['email'].pk}/remove", follow=True)

    assert "One more method is needed" not in enough
    assert "One more method is needed" in done.text
    assert client.get("/account").status_code == 200
    later = signed_in(cast[name], is_asked=False)
    assert later.get("/account").headers["Location"].startswith("/account/register")


def test_default_is_one_method(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.EMAIL, MAIL)
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)

    for kind in ("email", "mobile_phone"):
        client.post(f"{HOME}/{methods(cast)[kind].pk}/default")

    assert {kind for kind, method in methods(cast).items() if method.is_default} == {"mobile_phone"}
    assert said(cast).count("User changed default security info") == 2


@pytest.mark.parametrize(
    ("kind", "value", "gate", "asks"),
    [
        (None, "", "email", 'type="password"'),
        (MethodKind.MOBILE_PHONE, MOBILE, "mobile_sms", "Send a code to"),
        (MethodKind.ALTERNATE_PHONE, MOBILE, "mobile_sms", "Send a code to"),
        (MethodKind.EMAIL, MAIL, "email", "Send a code to"),
    ],
)
def test_default_is_asked_for_first(
    cast: Cast, client: Client, kind: MethodKind | None, value: str, gate: str, asks: str
) -> None:
    if kind:
        registers(cast, NAME, kind, value)
        client.post(f"{HOME}/{methods(cast)[kind].pk}/default")
    visit = Visit()
    visit.begin("adele.vance@contoso.example")

    step, confirm = text_of(visit.page()), unescape(client.get("/confirm").text)

    assert f'name="method" value="{gate}"' in step
    assert asks in confirm
    if kind:
        assert 'type="password"' not in confirm and "way=password" in confirm


def test_default_that_cannot_be_used_gives_way_to_the_others(cast: Cast, client: Client) -> None:
    registers(cast, NAME, MethodKind.MOBILE_PHONE, MOBILE)
    client.post(f"{HOME}/{methods(cast)['mobile_phone'].pk}/default")
    policy_for(cast, reach=Reach.ALL, gates=["email"])
    visit = Visit()
    visit.begin("adele.vance@contoso.example")

    assert 'name="method" value="email"' in text_of(visit.page())


def test_methods_of_others_do_not_exist(cast: Cast, client: Client) -> None:
    registers(cast, "grady.archie", MethodKind.EMAIL, MAIL)
    method = methods(cast, "grady.archie")["email"]
    foreign = make_cast("fabrikam.example", "Fabrikam")

    for stranger in (client, signed_in(foreign["global.admin"])):
        answers = [stranger.get(f"{HOME}/{method.pk}/remove"), stranger.post(f"{HOME}/{method.pk}/remove")]
        answers.append(stranger.post(f"{HOME}/{method.pk}/default"))
        assert {answer.status_code for answer in answers} == {404}
    assert methods(cast, "grady.archie")["email"].is_default is False


def test_recovery_codes_are_shown_once_and_replaced_as_a_whole(cast: Cast, client: Client) -> None:
    shown = client.post(f"{HOME}/recovery-codes")
    codes = re.findall(r"<code[^>]*>([A-Z0-9-]+)</code>", shown.text)
    again = re.findall(r"<code[^>]*>([A-Z0-9-]+)</code>", client.post(f"{HOME}/recovery-codes").text)

    assert len(set(codes)) == len(set(again)) == 10 and not set(codes) & set(again)
    assert "no-store" in shown["Cache-Control"]
    assert not any(code in client.get(HOME).text for code in again)
    assert "10 unused" in client.get(HOME).text
    with within(cast.tenant):
        assert RecoveryCode.objects.filter(user=cast[NAME]).count() == 10


def test_registering_again_forgives_a_method_with_a_hundred_failures(cast: Cast, client: Client) -> None:
    subject = subject_of(cast[NAME].upn_folded)
    GateFailures.objects.create(subject=subject, gate=Gate.EMAIL, in_a_row=100, user_id=cast[NAME].pk)

    adds_by_code(client, cast[NAME], f"{HOME}/email", MAIL)

    assert not GateFailures.objects.exists()


def test_six_codes_in_an_hour_are_one_too_many(cast: Cast, client: Client) -> None:
    asked = [client.post(f"{HOME}/email", {"value": f"adele.{place}@mail.example"}).status_code for place in range(6)]

    assert asked == [200] * 5 + [429]


def test_office_phone_needs_a_voice_channel(client: Client) -> None:
    assert client.get(f"{HOME}/office").status_code == 404
    assert f"{HOME}/office" not in client.get(HOME).text


@pytest.mark.parametrize("address", ["/ssprsetup", "/mysecurityinfo"])
def test_addresses_known_from_elsewhere_lead_here(client: Client, address: str) -> None:
    assert client.get(address).headers["Location"] == HOME
