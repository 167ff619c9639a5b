"""Sign-in: one neutral answer, fresh proof, where it leads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import hashes_made
from adminportal.sealing import Secret
from adminportal.throttle import LIMITS, shared
from adminportal.throttle.meter import source_of
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import reset, shown, try_sign_in
from tests.solving import read_aloud, solved
from users.models import Session, User
from users.services import sign_in as service
from users.services.sign_in import Outcome
from users.services.sign_in_sources import count_failure
from users.sessions import digest_of
from users.tenancy import within

UPN = "adele.vance@contoso.example"
NEUTRAL = "That did not work. Check the user name and the password, or wait a little and try again."
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@dataclass(frozen=True)
class Observed:
    """What somebody outside could tell of one answer, and the work behind it."""

    status: int
    page: str
    headers: frozenset[tuple[str, str]]
    cookies: frozenset[str]
    hashes: int
    queries: int
    commits: int


def _post(name: str, password: str, client: Client | None = None, **more: str) -> HttpResponse:
    browser = client or Client(REMOTE_ADDR="203.0.113.40")
    return browser.post("/signin", {"user_name": name, "password": password} | more)


def _observe(name: str, password: str) -> Observed:
    before = hashes_made()
    with CaptureQueriesContext(connection) as queries:
        answer = _post(name, password)
    page = answer.content.decode().replace(name, "NAME").replace(quote(name, safe=""), "NAME")
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
    page = re.sub(r'nonce="[^"]*"', "", page)
    volatile = {"X-Correlation-Id", "Content-Length", "Content-Security-Policy"}
    return Observed(
        status=answer.status_code,
        page=page,
        headers=frozenset((key, value) for key, value in answer.items() if key not in volatile),
        cookies=frozenset(answer.cookies),
        hashes=hashes_made() - before,
        queries=len(queries),
        commits=[query["sql"] for query in queries].count("COMMIT"),
    )


@pytest.mark.django_db(transaction=True)
def test_wrong_unknown_blocked_and_locked_are_answered_alike_for_the_same_work(cast: Cast) -> None:
    for number in range(10):
        try_sign_in("diego.siciliani@contoso.example", f"guess-{number}")
    wrong = _observe(UPN, "Wrong-Password-1")

    others = {
        "unknown": _observe("nobody@contoso.example", "Wrong-Password-1"),
        "unknown domain": _observe("nobody@elsewhere.example", "Wrong-Password-1"),
        "blocked, wrong": _observe("isaiah.langer@contoso.example", "Wrong-Password-1"),
        "blocked, right": _observe("isaiah.langer@contoso.example", PASSWORD),
        "locked, wrong": _observe("diego.siciliani@contoso.example", "Wrong-Password-1"),
        "locked, right": _observe("diego.siciliani@contoso.example", PASSWORD),
        "never issued": _observe("never.issued@contoso.example", "Wrong-Password-1"),
    }

    assert NEUTRAL in wrong.page
    assert (wrong.status, wrong.hashes, wrong.commits) == (422, 1, 2)
    for kind, other in others.items():
        assert other == wrong, kind
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_right_sign_in_costs_one_hash_and_two_commits(cast: Cast) -> None:
    seen = _observe(UPN, PASSWORD)

    assert (seen.status, seen.hashes, seen.commits) == (302, 1, 2)


def test_audit_log_knows_the_reason_that_the_page_does_not_tell(cast: Cast) -> None:
    _post(UPN, "Wrong-Password-1")
    _post("nobody@contoso.example", "Wrong-Password-1")
    _post("isaiah.langer@contoso.example", PASSWORD)

    reasons = AuditEvent.objects.filter(result="failure").order_by("pk").values_list("reason", flat=True)
    assert sorted(reasons) == ["sign-in blocked", "unknown user name", "wrong password"]
    assert "nobody" not in str(list(AuditEvent.objects.values()))


def test_user_name_comes_first_and_no_password_is_asked_with_it(cast: Cast) -> None:
    client = Client()

    first = client.get("/signin")
    second = client.post("/signin", {"user_name": UPN})
    unknown = client.post("/signin", {"user_name": "nobody@contoso.example"})
    empty = client.post("/signin", {"user_name": "  "})

    assert 'type="password"' not in first.content.decode() and "Next" in first.content.decode()
    assert second.status_code == unknown.status_code == 200
    for page, name in ((second, UPN), (unknown, "nobody@contoso.example")):
        assert 'autocomplete="current-password"' in page.content.decode() and name in page.content.decode()
        assert "Forgot password" in page.content.decode()
    assert empty.status_code == 422


@pytest.mark.parametrize(("name", "password"), [("a" * 114, PASSWORD), (UPN, "x" * 257)])
def test_too_long_input_costs_no_hash_and_no_look_up_of_a_person(cast: Cast, name: str, password: str) -> None:
    before = hashes_made()

    with CaptureQueriesContext(connection) as queries:
        answer = _post(name, password)

    assert answer.status_code == 422
    assert NEUTRAL in answer.content.decode()
    # The one query is that of the support links, which are drawn for everybody.
    assert (hashes_made() - before, len(queries)) == (0, 1)
    assert "users_tenant" in queries[0]["sql"]


def test_spelling_of_the_name_does_not_matter(cast: Cast) -> None:
    assert _post("  ADELE.Vance@Contoso.Example ", PASSWORD).status_code == 302


def test_holder_of_a_role_lands_on_home_and_others_on_their_account(cast: Cast) -> None:
    client = Client()

    assert _post(UPN, PASSWORD, client)["Location"] == "/"
    assert client.get("/")["Location"] == "/account"


def test_cookies_of_a_session_are_kept_from_scripts_and_other_sites(cast: Cast) -> None:
    answer = _post(UPN, PASSWORD)

    session = answer.cookies[django_settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "Lax", "/")
    assert answer.cookies[django_settings.DEVICE_COOKIE_NAME]["httponly"] is True
    row = Session.objects.get()
    assert row.key_digest == digest_of(Secret(session.value)) and session.value not in str(vars(row))


def _main(page: HttpResponse) -> str:
    return page.content.decode().partition("<main")[2].partition("</main")[0]


def test_expired_temporary_password_is_told_only_to_who_typed_it_right(cast: Cast) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        password = shown(cast, reset(cast, "adele.vance"))

    with clock.travel(freeze_at=start + timedelta(hours=72)):
        right, wrong = _post(UPN, password), _post(UPN, "Wrong-Password-1")

    assert (right.status_code, wrong.status_code) == (422, 422)
    assert "This temporary password has expired. Ask an administrator for a new one." in right.content.decode()
    assert NEUTRAL in wrong.content.decode() and "expired" not in _main(wrong)
    assert not Session.objects.exists()


def test_temporary_password_of_a_role_holder_ends_after_a_day(cast: Cast) -> None:
    outcome = reset(cast, "helpdesk.admin", actor="global.admin")
    password = shown(cast, outcome, actor="global.admin")

    with clock.travel(timedelta(hours=23, minutes=59)):
        assert _post("helpdesk.admin@contoso.example", password).status_code == 302
    with clock.travel(timedelta(hours=24)):
        assert _post("helpdesk.admin@contoso.example", password).status_code == 422


def test_temporary_password_leads_to_the_change_and_nowhere_else(cast: Cast) -> None:
    password = shown(cast, reset(cast, "adele.vance"))

    answer = _post(UPN, password, next="/account")

    assert answer["Location"] == "/account/password"


def test_sign_in_that_a_reset_overtakes_opens_no_session(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def reset_meanwhile(person: User, password: Secret) -> str:
        reset(cast, "adele.vance")
        return ""

    monkeypatch.setattr(service, "_rehash", reset_meanwhile)
    answer = _post(UPN, PASSWORD)

    assert answer.status_code == 422
    assert NEUTRAL in answer.content.decode()
    assert not Session.objects.filter(user=cast["adele.vance"]).exists()


def test_sign_in_that_a_block_overtakes_opens_no_session(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def block_meanwhile(person: User, password: Secret) -> str:
        with within(cast.tenant):
            User.objects.filter(pk=person.pk).update(account_enabled=False)
        return ""

    monkeypatch.setattr(service, "_rehash", block_meanwhile)

    assert _post(UPN, PASSWORD).status_code == 422
    assert not Session.objects.exists()


def test_hash_is_renewed_at_sign_in_when_the_parameters_changed(cast: Cast, settings: object) -> None:
    settings.PASSWORD_HASHERS = ["adminportal.hashing.PortalArgon2Hasher"]  # type: ignore[attr-defined]
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(password=make_password(PASSWORD))
        old = User.objects.get(pk=cast["adele.vance"].pk).password
        settings.ARGON2_TIME = 3  # type: ignore[attr-defined]
        before = hashes_made()

        assert _post(UPN, PASSWORD).status_code == 302

        new = User.objects.get(pk=cast["adele.vance"].pk).password
    assert ",t=2," in old and ",t=3," in new
    assert hashes_made() - before == 2
    assert _post(UPN, PASSWORD).status_code == 302
    assert hashes_made() - before == 3


def _fail(times: int, client: Client) -> None:
    """Spend failures of the browser's source."""
    for _ in range(times):
        count_failure(source_of(str(client.defaults["REMOTE_ADDR"])), now=clock.now())


def test_thirty_failures_of_one_source_bring_a_challenge_and_no_refusal(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.99")
    statuses = [_post(f"nobody{number}@contoso.example", "x", client).status_code for number in range(30)]
    before = hashes_made()

    asked = _post(UPN, PASSWORD, client)

    assert set(statuses) == {422}
    assert asked.status_code == 422
    assert "data-proof=" in asked.content.decode()
    assert hashes_made() == before
    answered = client.post("/signin", {"user_name": UPN, "password": PASSWORD} | solved(asked))
    assert answered.status_code == 302
    assert _post(UPN, PASSWORD, Client(REMOTE_ADDR="203.0.113.100")).status_code == 302
    with clock.travel(timedelta(minutes=11)):
        shared.forget_own_hits()
        assert _post(UPN, PASSWORD, client).status_code == 302


def test_challenge_stands_on_the_page_that_asks_for_the_password(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.99")
    _fail(30, client)

    page = client.post("/signin", {"user_name": UPN})
    right = client.post("/signin", {"user_name": UPN, "password": PASSWORD} | solved(page))

    assert page.status_code == 200
    assert "media-src" in page["Content-Security-Policy"]
    assert right.status_code == 302


def test_answer_to_a_challenge_works_once(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.99")
    _fail(30, client)
    answer = solved(client.post("/signin", {"user_name": UPN}))
    client.post("/signin", {"user_name": UPN, "password": "wrong"} | answer)

    again = client.post("/signin", {"user_name": UPN, "password": PASSWORD} | answer)

    assert again.status_code == 422


def test_without_scripts_a_picture_is_read(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.99")
    _fail(30, client)
    page = client.post("/signin?picture=1", {"user_name": UPN})

    wrong = client.post("/signin", {"user_name": UPN, "password": PASSWORD} | read_aloud(page) | {"captcha_text": "0"})
    right = client.post("/signin", {"user_name": UPN, "password": PASSWORD} | read_aloud(wrong))

    assert "That is not what the picture shows." in wrong.content.decode()
    assert right.status_code == 302


def test_hundred_failures_make_the_challenge_harder(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.99")
    _fail(30, client)
    easy = solved(client.post("/signin", {"user_name": UPN}))
    _fail(70, client)

    answer = client.post("/signin", {"user_name": UPN, "password": PASSWORD} | easy)

    assert answer.status_code == 422
    assert client.post("/signin", {"user_name": UPN, "password": PASSWORD} | solved(answer)).status_code == 302


def test_fresh_proof_is_refused_after_a_hundred_failures_of_the_source(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"], Client(REMOTE_ADDR="203.0.113.99"))
    _fail(100, client)

    refused = client.post("/confirm", {"password": PASSWORD})

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 600


def test_result_of_the_service_masks_its_key(cast: Cast) -> None:
    result = try_sign_in(UPN, PASSWORD)

    assert result.outcome is Outcome.RIGHT and result.session_key is not None
    assert result.session_key.expose() not in repr(result)


@pytest.mark.parametrize("cookie", ["a:1:é", "é:1:a", "|||:::", "a:" + "9" * 900 + ":x", "a:-1:x"])
def test_device_cookie_that_nobody_wrote_counts_as_none(cast: Cast, cookie: str) -> None:
    browser = Client()
    browser.cookies[django_settings.DEVICE_COOKIE_NAME] = cookie

    assert _post(UPN, "wrong", browser).status_code == 422
    assert _post(UPN, PASSWORD, browser).status_code == 302


def test_another_address_of_the_same_ipv6_network_is_the_same_source(cast: Cast) -> None:
    for number in range(LIMITS["SIGN_IN"].number):
        assert (
            _post(f"nobody{number}@contoso.example", "x", Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}")).status_code
            == 422
        )

    assert _post(UPN, PASSWORD, Client(REMOTE_ADDR="2001:db8:1:2:ffff::1")).status_code == 422
    assert _post(UPN, PASSWORD, Client(REMOTE_ADDR="2001:db8:1:3::1")).status_code == 302
