"""Faults that were published of recovery flows like this one, each tried on the wizard; named as they were told."""

from __future__ import annotations

import io
import sys
from socket import create_server
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from adminportal import clock
from adminportal.outbox import content
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.models import Failure, OutboundMessage
from sspr.models import Reach, RecoveryAttempt
from sspr.services.ask_handlers import settle_public_asks
from tests.cast import PASSWORD, Cast, signed_in
from tests.passwords.reset_cast import try_sign_in
from tests.solving import solved
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import MAIL, MOBILE, NEW_PASSWORD, make_open_cast
from tests.users.app_ways import registers_app
from users.models import AuthenticationMethod, Session, Tenant
from users.services.sign_in import Outcome
from users.tenancy import across_tenants
from users.trusted_devices import is_trusted, trust

pytestmark = pytest.mark.django_db

VICTIM, THIEF, ADMIN = (f"{name}@contoso.example" for name in ("adele.vance", "diego.siciliani", "global.admin"))
THIEFS_MAIL = "diego@mail.example"
EVIL = "evil.example"
WAYS = ("email", "mobile_sms", "app", "questions", "recovery", "mobile_voice", "nothing")


@pytest.fixture
def cast() -> Cast:
    made = make_open_cast()
    knows(made, "diego.siciliani", email=THIEFS_MAIL, mobile="+1 202 555 0199")
    return made


def keeps_password(name: str = VICTIM) -> bool:
    return try_sign_in(name, PASSWORD).outcome is Outcome.RIGHT


def recipients() -> set[str]:
    return set(OutboundMessage.objects.exclude(to="").values_list("to", flat=True))


@pytest.mark.parametrize("other_way", WAYS)
def test_cve_2026_18963_another_way_is_not_a_proof(cast: Cast, other_way: str) -> None:
    """Keycloak: the list of other ways, opened in the reset, let its next step pass without the mailed code."""
    visit = Visit()
    visit.begin(VICTIM)
    visit.send("email")

    for method in (other_way, "email"):
        visit.page(method=method)
        visit.prove(method, "0")
        visit.send(method, MOBILE)
        for empty in ({}, {"code": ""}, {"method": method}, {"method": method, "code": ""}):
            visit.post("prove", **empty)
        visit.prove(method, "0")
        visit.finish()

    assert visit.attempt.state == "prove_one" and visit.attempt.proven_gates == []
    assert keeps_password()


@pytest.mark.parametrize("other_way", WAYS)
def test_cve_2026_18963_way_that_was_opened_and_never_asked_for_is_no_proof(cast: Cast, other_way: str) -> None:
    visit = Visit()
    visit.begin(VICTIM)

    for method in (other_way, "email"):
        visit.page(method=method)
        visit.prove(method, "0")
        visit.finish()

    assert visit.attempt.state == "prove_one" and visit.attempt.proven_gates == []
    assert keeps_password()


@pytest.mark.parametrize("other_way", WAYS)
def test_cve_2026_18963_another_way_after_one_proof_is_not_the_second(cast: Cast, other_way: str) -> None:
    policy_for(cast, reach=Reach.ALL, gates_required=2)
    visit = Visit()
    visit.begin(VICTIM)
    visit.prove_email()

    for method in ("email", other_way, "email"):
        visit.page(method=method)
        visit.send(method, MOBILE)
        visit.prove(method, "")
        visit.finish()

    assert visit.attempt.state == "prove_two" and visit.attempt.proven_gates == ["email"]
    assert keeps_password()


def test_cve_2026_18963_name_given_later_brings_no_proof_along(cast: Cast) -> None:
    """Keycloak: the victim was named after the flow had gone on."""
    visit = Visit()
    visit.begin(THIEF)
    visit.prove_email()
    earlier = visit.key

    visit.begin(VICTIM)
    visit.finish()
    visit.client.cookies[django_settings.SSPR_COOKIE_NAME] = earlier
    visit.finish()

    assert keeps_password() and keeps_password(THIEF)


@pytest.mark.parametrize("field", ["user_name", "username", "user", "user_id", "upn", "login"])
def test_cve_2023_26481_proof_of_one_person_sets_no_other_password(cast: Cast, field: str) -> None:
    """authentik: a recovery link made for one person set the password of whoever was named afterwards."""
    visit = Visit()
    visit.begin(THIEF)
    visit.prove_email()

    visit.post("finish", new_password=NEW_PASSWORD, confirm_password=NEW_PASSWORD, **{field: VICTIM})

    assert keeps_password()
    assert try_sign_in(THIEF, NEW_PASSWORD).outcome is Outcome.RIGHT


def test_cve_2025_69614_code_of_another_attempt_is_wrong(cast: Cast) -> None:
    """Telekom: a token that was issued before, or for nobody in particular, was taken at the reset of anybody."""
    mine, theirs, again = Visit(), Visit(), Visit(source="203.0.113.41")
    for visit, name in ((mine, THIEF), (theirs, VICTIM), (again, THIEF)):
        visit.begin(name)
        visit.send("email")

    answers = [theirs.prove("email", mine.code()), again.prove("email", mine.code())]

    assert all(answer["Location"].endswith("said=wrong") for answer in answers)
    assert theirs.attempt.state == again.attempt.state == "prove_one"


@pytest.mark.parametrize(
    ("forwarded", "statuses"),
    [
        *((text, [400] * 3) for text in ("", "unknown", "a" * 5_000, "203.0.113.9, not-an-address", "%00", "1,2,3")),
        *((text, [302, 302, 422]) for text in ("[::1", "127.0.0.1:x")),
    ],
)
def test_cve_2024_47070_unreadable_forwarded_address_skips_no_step(
    cast: Cast, settings: Settings, forwarded: str, statuses: list[int]
) -> None:
    """authentik: an X-Forwarded-For that could not be read ended the policy that asked for the password."""
    settings.TRUSTED_PROXIES = 1
    plain = {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    visit = Visit(client=Client(**plain))
    visit.begin(VICTIM)
    forged = Client(HTTP_X_FORWARDED_FOR=forwarded)
    forged.cookies = visit.client.cookies
    password = {"new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}

    answers = [
        forged.post("/passwordreset/prove", {"moves": "0", "method": "email", "code": ""}),
        forged.post("/passwordreset/finish", {"moves": "0", **password}),
        forged.post("/signin", {"user_name": VICTIM, "password": "wrong"}),
    ]

    assert [answer.status_code for answer in answers] == statuses
    assert not any(django_settings.SESSION_COOKIE_NAME in answer.cookies for answer in answers)
    assert visit.attempt.state == "prove_one" and keeps_password()


def test_cve_2025_69615_forged_addresses_bring_no_further_guesses(cast: Cast, settings: Settings) -> None:
    """Telekom: tries were counted by an address that a header changed (InvoicePlane, CVE-2021-29023: not at all)."""
    settings.TRUSTED_PROXIES = 1
    states = []
    for number in range(6):
        visit = Visit(client=Client(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}"))
        answer = visit.begin(VICTIM)
        if answer.status_code == 429:
            states.append("later")
            continue
        visit.send("email")
        visit.prove("email", "00000000" if visit.code() != "00000000" else "00000001")
        states.append(visit.attempt.state)

    assert states == ["prove_one"] * 4 + ["locked", "later"]


def test_cve_2023_7028_second_value_of_a_field_is_no_second_recipient(cast: Cast) -> None:
    """GitLab: an address given twice sent the reset to both."""
    visit = Visit()
    page = visit.client.get("/passwordreset")
    fields = {"user_name": [THIEF, VICTIM], "email": [MAIL, "thief@evil.example"], **solved(page)}
    visit.client.post("/passwordreset", fields)
    more = {"email": "thief@evil.example", "to": "thief@evil.example", "number": ["+1 202 555 0177", MOBILE]}

    visit.post("send", method=["email", "email"], **more)

    assert RecoveryAttempt.objects.get().user_id == cast["adele.vance"].pk
    assert recipients() == {MAIL}


@pytest.mark.parametrize(
    ("addresses", "told"), [(["thief@evil.example", MAIL], {MAIL}), ([MAIL, "thief@evil.example"], set())]
)
def test_cve_2023_7028_second_address_is_told_no_user_names(cast: Cast, addresses: list[str], told: set[str]) -> None:
    browser = Client()
    fields = {"address": addresses, "email": addresses, "to": addresses, **solved(browser.get("/forgot-username"))}

    assert browser.post("/forgot-username", fields).status_code == 302
    settle_public_asks(clock.now())

    assert recipients() == told


def test_cve_2023_7028_call_for_help_goes_to_administrators_alone(cast: Cast) -> None:
    browser = Client()
    more = {key: [MAIL, "thief@evil.example"] for key in ("email", "to", "address")}
    fields = {"user_name": [THIEF, VICTIM], **more, **solved(browser.get("/passwordreset/contact"))}

    assert browser.post("/passwordreset/contact", fields).status_code == 302
    settle_public_asks(clock.now())

    assert recipients() and recipients().isdisjoint({MAIL, "thief@evil.example", VICTIM, THIEF, THIEFS_MAIL})


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ("ADELE.VANCE@contoso.example", 302, {MAIL}),
        ("ａdele.vance@contoso.example", 302, {MAIL}),
        ("adele.vance@contoſo.example", 302, {MAIL}),
        (f"{VICTIM}\u200b", 422, set()),
    ],
)
def test_cve_2019_19844_code_goes_to_the_stored_address_however_the_name_was_typed(
    cast: Cast, typed: str, status: int, told: set[str]
) -> None:
    """Django: an address that folds to the stored one was mailed as it was typed."""
    visit = Visit()
    assert visit.begin(typed).status_code == status
    visit.send("email")

    assert recipients() == told


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ("adele@maıl.example", 302, set()),
        ("adele@mail.eхample", 302, set()),
        ("ＡDELE@mail.example", 422, set()),
        ("adele@mail.example ", 302, {MAIL}),
    ],
)
def test_cve_2019_19844_user_names_are_told_to_the_stored_address_alone(
    cast: Cast, typed: str, status: int, told: set[str]
) -> None:
    browser = Client()
    page = browser.get("/forgot-username")

    assert browser.post("/forgot-username", {"address": typed, **solved(page)}).status_code == status
    settle_public_asks(clock.now())

    assert recipients() == told


def test_cve_2024_45231_mail_that_fails_does_not_show_in_the_answer(
    cast: Cast, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Django: a mail server that was down told which accounts exist. Here no request waits for one at all."""
    visits, seen = [Visit(), Visit()], []
    with create_server(("127.0.0.1", 0)) as mail_server:
        mail_server.setblocking(False)
        settings.EMAIL_CHANNEL_URL = f"smtp://127.0.0.1:{mail_server.getsockname()[1]}"
        names = ((VICTIM, MAIL), ("nobody@contoso.example", "nobody@mail.example"))
        for visit, (name, address) in zip(visits, names, strict=True):
            with django_capture_on_commit_callbacks(execute=True):
                seen.append(asked_for_help(visit, name, address))
        with pytest.raises(BlockingIOError):
            mail_server.accept()
    (code,) = OutboundMessage.objects.filter(template="verification_code", to__gt="")
    with Dispatcher() as worker:
        worker.deliver(code.pk, now=clock.now())
    code.refresh_from_db()

    assert (code.attempts, code.failure) == (1, Failure.UNREACHABLE), "the server that is down was asked"
    assert seen[0] == seen[1]
    assert [code_is_asked_for(visit) for visit in visits] == [True, True]


def code_is_asked_for(visit: Visit) -> bool:
    page = visit.page()
    return page.status_code == 200 and 'name="code"' in page.text and "is on its way" in page.text


def asked_for_help(visit: Visit, name: str, address: str) -> list[object]:
    """Return the answers to whoever has a code sent, calls an administrator and asks for the own user name."""
    visit.begin(name)
    way = "email" if "method=email" in visit.page().text else "mobile_sms"
    form = {"address": address, **solved(visit.client.get("/forgot-username"))}
    answers = [
        visit.send(way, MOBILE),
        visit.client.post("/passwordreset/contact"),
        visit.client.post("/forgot-username", form),
    ]
    places = [(answer.status_code, answer["Location"].partition("?")[0]) for answer in answers]
    return [*places, visit.attempt.state]


@pytest.mark.parametrize("way", ["email", "mobile_sms"])
def test_cve_2025_64101_forwarded_host_is_in_no_message(cast: Cast, settings: Settings, way: str) -> None:
    """Zitadel: the link of the mail was built from Forwarded or X-Forwarded-Host (also mailcow, CVE-2025-25198)."""
    settings.ALLOWED_HOSTS = ["*"]
    headers = {"HTTP_HOST": EVIL, "HTTP_FORWARDED": f"host={EVIL};proto=https", "HTTP_X_FORWARDED_HOST": EVIL}
    headers |= {"HTTP_X_ORIGINAL_HOST": EVIL, "HTTP_ORIGIN": f"https://{EVIL}", "HTTP_X_FORWARDED_SERVER": EVIL}
    visit = Visit(client=Client(**headers))
    visit.begin(VICTIM)
    visit.send(way, MOBILE)
    told = [written(message) for message in OutboundMessage.objects.exclude(to="")]
    visit.prove(way, visit.code())
    visit.finish()
    told += [written(message) for message in OutboundMessage.objects.exclude(to="").filter(secret_purpose="")]

    assert try_sign_in(VICTIM, NEW_PASSWORD).outcome is Outcome.RIGHT
    assert len(told) > 1 and EVIL not in "".join(told)


def written(message: OutboundMessage) -> str:
    """Return everything that a message would carry."""
    parcel = content.build(message)
    return repr((parcel.subject, parcel.text, parcel.html, dict(parcel.headers)))


def by_wizard() -> None:
    visit = Visit()
    visit.begin(VICTIM)
    visit.prove_email()
    visit.finish()


def by_operator() -> None:
    execute_from_command_line(["manage.py", "reset_password", VICTIM, "--reason", "lost", "--stdin"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [by_wizard, by_operator])
def test_cve_2025_62174_reset_ends_sessions_and_trust(cast: Cast, monkeypatch: pytest.MonkeyPatch, way: Any) -> None:
    """Mastodon: a reset at the command line left sessions and tokens alive."""
    user = cast["adele.vance"]
    thief = signed_in(user)
    with across_tenants():
        device = trust(user, days=30, now=clock.now())
    assert thief.get("/account").status_code == 200
    monkeypatch.setattr(sys, "stdin", io.StringIO(NEW_PASSWORD))

    way()

    assert thief.get("/account").status_code == 302
    with across_tenants():
        user.refresh_from_db()
        assert not Session.objects.filter(user=user, ended_at=None).exists()
        assert not is_trusted(device, user, days=30, now=clock.now())


def test_lemmy_3715_reset_signs_nobody_in_and_keeps_the_second_factor(cast: Cast) -> None:
    """Lemmy and others: whoever had set a new password was signed in without the second factor."""
    Tenant.objects.update(admin_mfa_required=True)
    knows(cast, "global.admin", email="boss@mail.example", mobile="+1 202 555 0188")
    registers_app(cast, "global.admin")
    visit = Visit()
    visit.begin(ADMIN)
    visit.prove_email()
    visit.send("mobile_sms", "+1 202 555 0188")
    visit.prove("mobile_sms", visit.code())
    visit.finish()

    assert django_settings.SESSION_COOKIE_NAME not in visit.client.cookies
    with across_tenants():
        assert AuthenticationMethod.objects.filter(user=cast["global.admin"], kind="authenticator").count() == 1
    signed = visit.client.post("/signin", {"user_name": ADMIN, "password": NEW_PASSWORD})
    assert signed.status_code == 302
    assert visit.client.get("/users/active")["Location"].startswith("/signin/second-factor")


def test_cve_2022_24892_older_code_is_dead(cast: Cast) -> None:
    """Shopware: of several tokens that were asked for each one set the password."""
    visit = Visit()
    visit.begin(VICTIM)
    visit.send("email")
    older = visit.code()
    visit.send("email")

    assert older != visit.code()
    assert visit.prove("email", older)["Location"].endswith("said=wrong")
    assert visit.prove("email", visit.code())["Location"] == "/passwordreset/step"
    assert visit.attempt.state == "new_password"


@pytest.mark.parametrize(
    "code", [{"code[$ne]": "0"}, {"code[$regex]": ".*"}, {"code": ["", ""]}, {"code": "%"}, {"code": "' OR 1=1 --"}]
)
def test_cve_2021_22911_code_of_another_shape_is_wrong(cast: Cast, code: dict[str, Any]) -> None:
    """Rocket.Chat: a pattern in the place of the reset token matched every token."""
    visit = Visit()
    visit.begin(VICTIM)
    visit.send("email")

    visit.post("prove", method="email", **code)

    assert visit.attempt.proven_gates == []


def test_code_as_json_is_no_code(cast: Cast) -> None:
    visit = Visit()
    visit.begin(VICTIM)
    visit.send("email")
    body = {"moves": visit.moves(), "method": "email", "code": True}

    answer: HttpResponse = visit.client.post("/passwordreset/prove", body, content_type="application/json")

    assert answer.status_code == 302 and visit.attempt.proven_gates == []
