"""Changing one's own password: forced after a temporary one, and from My account."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import hashes_made
from adminportal.outbox.models import OutboundMessage
from tests.budgets import within_budget
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import TYPED, reset, shown, try_sign_in
from tests.sspr.self_service import registers
from users.models import MethodKind, Session, User
from users.services.sign_in import Outcome
from users.sessions import end_all_sessions
from users.tenancy import within

UPN = "adele.vance@contoso.example"
CHANGE = "/account/password"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def temporary(cast: Cast) -> str:
    """Give Adele a temporary password."""
    return shown(cast, reset(cast, "adele.vance"))


@pytest.fixture
def adele(cast: Cast, temporary: str) -> Client:
    """Return Adele's browser, signed in with the temporary password."""
    client = Client(REMOTE_ADDR="203.0.113.20")
    client.post("/signin", {"user_name": UPN, "password": temporary})
    return client


def _change(client: Client, current: str, new: str, again: str | None = None) -> HttpResponse:
    typed = {"current_password": current, "new_password": new, "confirm_password": new if again is None else again}
    return client.post(CHANGE, typed)


def _guarded_addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    """List an address of every view that is neither public nor open to a temporary password."""
    found: list[str] = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += _guarded_addresses(pattern.url_patterns, route)
        elif not (
            getattr(pattern.callback, "is_public", False) or getattr(pattern.callback, "is_open_to_must_change", False)
        ):
            filled = re.sub(r"<uuid:\w+>", str(uuid4()), route)
            found.append("/" + re.sub(r"<int:\w+>", "1", re.sub(r"<(str:|slug:)?\w+>", "x", filled)))
    return found


def test_nothing_else_opens_until_the_password_is_changed(adele: Client) -> None:
    addresses = _guarded_addresses(get_resolver().url_patterns)
    assert {"/", "/account", "/confirm"} <= set(addresses)

    for address in addresses:
        for answer in (adele.get(address), adele.post(address)):
            assert (answer.status_code, answer.get("Location")) == (302, CHANGE), address
        fragment = adele.get(address, headers={"HX-Request": "true"})
        assert fragment["HX-Redirect"] == CHANGE, address


def test_person_with_a_temporary_password_may_still_sign_out(adele: Client) -> None:
    assert adele.post("/signout")["Location"] == "/signin"
    assert adele.get(CHANGE)["Location"].startswith("/signin")


def test_forced_change_opens_everything_and_the_new_password_holds(adele: Client, temporary: str) -> None:
    page = adele.get(CHANGE)
    answer = _change(adele, temporary, TYPED)

    assert "Update your password" in page.content.decode()
    assert answer["Location"] == "/account/password/changed"
    assert "Your password has been changed" in adele.get(answer["Location"]).content.decode()
    assert adele.get("/account").status_code == 200
    assert try_sign_in(UPN, temporary).outcome is Outcome.WRONG
    result = try_sign_in(UPN, TYPED)
    assert result.outcome is Outcome.RIGHT and not result.must_change


@pytest.mark.django_db(transaction=True)
def test_forced_change_costs_one_hash_for_the_check_and_two_commits(adele: Client, temporary: str) -> None:
    before = hashes_made()

    with CaptureQueriesContext(connection) as queries:
        answer = _change(adele, temporary, TYPED)

    assert answer.status_code == 302
    assert hashes_made() - before == 1 + 1  # the check, and the hash that is stored
    assert [query["sql"] for query in queries].count("COMMIT") <= 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_forced_change_takes_few_messages_to_the_database(adele: Client, temporary: str) -> None:
    with within_budget("passwords:change post"):
        answer = _change(adele, temporary, TYPED)

    assert answer.status_code == 302


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_reset_takes_few_messages_to_the_database(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])
    form = {"how": "automatic", "style": "random", "must_change": "on", "form_key": uuid4().hex}

    with within_budget("passwords:reset post"):
        answer = client.post(reverse("passwords:reset", args=[cast["adele.vance"].pk]), form)

    assert answer.status_code == 302


def test_broken_rules_cost_no_hash_and_come_back_all_at_once(adele: Client, temporary: str) -> None:
    before = hashes_made()

    answer = _change(adele, temporary, "Vance")

    assert answer.status_code == 422
    text = answer.content.decode()
    for said in ("Use at least 8 characters", "three of these four", "Leave out names"):
        assert said in text
    assert hashes_made() == before
    assert 'value="Vance"' not in text
    assert AuditEvent.objects.filter(activity="Change password (self-service)", result="failure").count() == 1


def test_banned_password_is_named_in_the_audit_log(adele: Client, temporary: str) -> None:
    assert _change(adele, temporary, "Password123").status_code == 422

    event = AuditEvent.objects.get(activity="Change password (self-service)", result="failure")
    assert event.reason == "FuzzyPolicyViolationInvalidPassword"


def test_temporary_password_cannot_be_chosen_again(adele: Client, temporary: str) -> None:
    answer = _change(adele, temporary, temporary)

    assert answer.status_code == 422
    assert "Choose a password that has not been used before." in answer.content.decode()
    assert adele.get("/account")["Location"] == CHANGE


def test_two_different_new_passwords_change_nothing(adele: Client, temporary: str) -> None:
    answer = _change(adele, temporary, TYPED, TYPED + "x")

    assert answer.status_code == 422
    assert "The two new passwords are not the same." in answer.content.decode()
    assert try_sign_in(UPN, temporary).outcome is Outcome.RIGHT


def test_wrong_current_password_changes_nothing(adele: Client, temporary: str) -> None:
    answer = _change(adele, "Not-My-Password-1", TYPED)

    assert answer.status_code == 422
    assert "The current password is not right. The password was not changed." in answer.content.decode()
    assert try_sign_in(UPN, temporary).outcome is Outcome.RIGHT


def test_guessing_the_current_password_locks_even_the_right_one(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])
    for number in range(10):
        _change(client, f"Wrong-Guess-{number}", TYPED)

    assert _change(client, PASSWORD, TYPED).status_code == 422
    with clock.travel(timedelta(seconds=61)):
        assert _change(client, PASSWORD, TYPED).status_code == 302


def test_change_ends_every_other_session_and_renews_the_key(cast: Cast) -> None:
    here, elsewhere = signed_in(cast["adele.vance"]), signed_in(cast["adele.vance"])
    old_key = here.cookies[settings.SESSION_COOKIE_NAME].value

    assert _change(here, PASSWORD, TYPED).status_code == 302

    assert here.cookies[settings.SESSION_COOKIE_NAME].value != old_key
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = old_key
    assert stolen.get("/account").status_code == 302
    assert Session.objects.filter(user=cast["adele.vance"], ended_at=None).count() == 1


def test_person_is_told_of_the_change_at_every_known_address(cast: Cast) -> None:
    registers(cast, "adele.vance", MethodKind.EMAIL, "adele.private@mail.example")
    registers(cast, "adele.vance", MethodKind.EXTRA_EMAIL, "Adele.Vance@contoso.example")
    registers(cast, "diego.siciliani", MethodKind.EMAIL, "diego.private@mail.example")

    _change(signed_in(cast["adele.vance"]), PASSWORD, TYPED)

    told = OutboundMessage.objects.filter(template="password_was_changed").values_list("to", flat=True)
    assert sorted(told) == ["adele.private@mail.example", "adele.vance.contoso@mail.example", UPN]


def test_old_password_cannot_come_back_at_once(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])

    assert _change(client, PASSWORD, PASSWORD).status_code == 422


def test_change_after_the_end_of_the_temporary_password_is_refused(cast: Cast, temporary: str) -> None:
    with clock.travel(timedelta(hours=71, minutes=59)):
        client = Client()
        client.post("/signin", {"user_name": UPN, "password": temporary})
        assert client.get(CHANGE).status_code == 200
    with clock.travel(timedelta(hours=72)):
        answer = _change(client, temporary, TYPED)

    assert answer.status_code == 422
    assert "The temporary password has expired, so it was not changed." in answer.content.decode()


def test_reset_during_the_change_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(cast["adele.vance"])
    from passwords.services import change as service

    def hash_slowly(password: str) -> str:
        with within(cast.tenant):
            User.objects.filter(pk=cast["adele.vance"].pk).update(password="cheap$another$hash")
        return "cheap$mine$hash"

    monkeypatch.setattr(service, "make_password", hash_slowly)
    answer = _change(client, PASSWORD, TYPED)

    assert answer.status_code == 422
    cast["adele.vance"].refresh_from_db()
    assert cast["adele.vance"].password == "cheap$another$hash"


def test_sign_out_everywhere_during_the_change_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(cast["adele.vance"])
    before = cast["adele.vance"].password
    from passwords.services import change as service

    def hash_slowly(password: str) -> str:
        end_all_sessions([cast["adele.vance"].pk], now=clock.now())
        return "cheap$mine$hash"

    monkeypatch.setattr(service, "make_password", hash_slowly)
    answer = _change(client, PASSWORD, TYPED)

    assert answer.status_code == 422
    cast["adele.vance"].refresh_from_db()
    assert cast["adele.vance"].password == before
    assert not Session.objects.filter(ended_at=None).exists()


def test_live_ticks_are_open_to_a_temporary_password_and_make_no_hash(adele: Client) -> None:
    before = hashes_made()

    answer = adele.post("/account/password/rules", {"new_password": "vance"})

    assert answer.status_code == 200
    assert answer.content.decode().count("rules__rule--broken") >= 2
    assert hashes_made() == before


def test_page_keeps_its_fields_to_itself(adele: Client) -> None:
    page = adele.get(CHANGE)

    text = page.content.decode()
    assert 'autocomplete="current-password"' in text and text.count('autocomplete="new-password"') == 2
    assert "no-store" in page["Cache-Control"]
    assert 'hx-history="false"' in text


def test_my_account_shows_alternate_email_and_mobile(cast: Cast) -> None:
    page = signed_in(cast["adele.vance"]).get("/account").content.decode()

    for value in ("adele.vance.contoso@mail.example", "+46 70 174 06 05", UPN):
        assert value in page
