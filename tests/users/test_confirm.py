"""Fresh proof: the password, a code of the app, or a code to what was proven before."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.users.app_ways import registers_app
from users.actors import SYSTEM
from users.models import Contact, MethodKind, Session
from users.services.methods import save_method
from users.sessions import digest_of
from users.tenancy import within

pytestmark = pytest.mark.django_db
PAGE, SEND = "/confirm", "/confirm/send"
NAME = "adele.vance"
ADDRESS, NUMBER = "adele.private@mail.example", "+44 7700 900123"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    with within(made.tenant), clock.travel(timedelta(hours=-2)):
        for kind, value in ((MethodKind.EMAIL, ADDRESS), (MethodKind.MOBILE_PHONE, NUMBER)):
            save_method(tenant=made.tenant, user=made[NAME], kind=kind, value=value, by=SYSTEM, now=clock.now())
    return made


def _client(cast: Cast) -> Client:
    """Return a browser whose last proof is an hour old."""
    client = signed_in(cast[NAME])
    Session.objects.update(proven_at=clock.now() - timedelta(hours=1))
    return client


def _session(client: Client) -> Session:
    return Session.objects.get(pk=digest_of(Secret(client.cookies[django_settings.SESSION_COOKIE_NAME].value)))


def _is_fresh(client: Client) -> bool:
    proven_at = _session(client).proven_at
    return proven_at is not None and proven_at > clock.now() - timedelta(minutes=1)


def _sent(channel: str) -> list[OutboundMessage]:
    """Return the codes on their way, the newest first."""
    sent = OutboundMessage.objects.filter(template="verification_code", channel=channel).exclude(to="")
    return list(sent.order_by("-created_at"))


def _newest(channel: str) -> str:
    """Read the newest code, as its recipient does."""
    found = re.search(r"\b\d{6,8}\b", build(_sent(channel)[0]).text)
    assert found
    return found[0]


def test_other_ways_are_those_that_the_person_has_proven(cast: Cast) -> None:
    registers_app(cast, NAME)
    with within(cast.tenant):
        Contact.objects.filter(user=cast["diego.siciliani"]).delete()

    page = _client(cast).get(PAGE).text
    of_diego = signed_in(cast["diego.siciliani"]).get(PAGE).text

    assert "Use another way" in page
    assert "a•••@mail.example" in page and "+44 ••• 23" in page and "authenticator app" in page
    assert ADDRESS not in page and "900123" not in page
    assert "Use another way" not in of_diego


def test_address_that_nobody_proved_gets_no_code(cast: Cast) -> None:
    with within(cast.tenant):
        from users.models import AuthenticationMethod

        AuthenticationMethod.objects.filter(user=cast[NAME]).update(proven_at=None)
    client = _client(cast)

    answer = client.post(SEND, {"way": "email"})

    assert answer["Location"].startswith(f"{PAGE}?next=&way=password")
    assert _sent("email") == []
    assert "Use another way" not in client.get(PAGE).text


def test_code_of_the_app_is_a_fresh_proof(cast: Cast) -> None:
    app, client = registers_app(cast, NAME), _client(cast)
    before = _session(client)

    answer = client.post(PAGE, {"way": "app", "code": app.at(clock.now()), "next": "/account"})

    assert answer["Location"] == "/account"
    assert _is_fresh(client)
    before.refresh_from_db()
    assert before.ended_at is not None
    row = AuditEvent.objects.get(activity="Fresh proof given")
    assert (row.result, row.details["Proof"]) == ("success", "app")


@pytest.mark.parametrize(("way", "channel", "digits"), [("email", "email", 8), ("sms", "sms", 6)])
def test_code_that_was_sent_is_a_fresh_proof_once(cast: Cast, way: str, channel: str, digits: int) -> None:
    client = _client(cast)

    sent = client.post(SEND, {"way": way, "next": "/account"}, follow=True)
    code = _newest(channel)
    answer = client.post(PAGE, {"way": way, "code": code, "next": "/account"})
    again = client.post(PAGE, {"way": way, "code": code})

    assert "A code is on its way" in sent.text
    assert len(code) == digits
    assert answer["Location"] == "/account"
    assert _is_fresh(client)
    assert again.status_code == 422


def test_code_of_one_browser_is_wrong_in_another(cast: Cast) -> None:
    asked, other = _client(cast), _client(cast)
    asked.post(SEND, {"way": "email"})
    code = _newest("email")

    assert other.post(PAGE, {"way": "email", "code": code}).status_code == 422
    assert asked.post(PAGE, {"way": "email", "code": code}).status_code == 302


def test_code_is_wrong_for_another_way(cast: Cast) -> None:
    client = _client(cast)
    client.post(SEND, {"way": "email"})
    code = _newest("email")

    assert client.post(PAGE, {"way": "sms", "code": code}).status_code == 422


def test_code_dies_with_a_newer_one_and_with_a_change_of_the_address(cast: Cast) -> None:
    client = _client(cast)
    client.post(SEND, {"way": "email"})
    older = _newest("email")
    with clock.travel(timedelta(seconds=30)):
        client.post(SEND, {"way": "email"})
        newer = _newest("email")
        assert client.post(PAGE, {"way": "email", "code": older}).status_code == 422
        with within(cast.tenant):
            from users.models import AuthenticationMethod

            mine = AuthenticationMethod.objects.filter(user=cast[NAME], kind=MethodKind.EMAIL)
            mine.update(value="other@mail.example")
        assert client.post(PAGE, {"way": "email", "code": newer}).status_code == 422


def test_wrong_codes_are_counted_over_all_ways_and_browsers(cast: Cast) -> None:
    app, client = registers_app(cast, NAME), _client(cast)
    client.post(SEND, {"way": "email"})
    now = clock.now()
    right = {app.at(now), app.at(now - timedelta(seconds=30)), app.at(now + timedelta(seconds=30))}
    wrong = next(code for code in ("111111", "222222", "333333", "444444") if code not in right)

    answers = [client.post(PAGE, {"way": way, "code": wrong}).status_code for way in ("app", "email") * 2]
    answers.append(_client(cast).post(PAGE, {"way": "app", "code": wrong}).status_code)

    assert answers == [422] * 5
    assert client.post(PAGE, {"way": "app", "code": app.at(clock.now())}).status_code == 429
    assert AuditEvent.objects.filter(activity="Fresh proof given", result="failure").count() == 5


def test_sixth_code_of_an_hour_is_not_sent(cast: Cast) -> None:
    client = _client(cast)

    answers = [client.post(SEND, {"way": "email"}).status_code for _ in range(6)]

    assert answers == [302] * 5 + [429]
    assert len(_sent("email")) == 5


def test_number_that_got_too_many_texts_is_told_so(cast: Cast) -> None:
    client = _client(cast)

    pages = [client.post(SEND, {"way": "sms"}, follow=True).text for _ in range(4)]

    assert "A code is on its way" in pages[2]
    assert "No code was sent" in pages[3]
    assert len(_sent("sms")) == 3


def test_texts_are_not_offered_without_a_channel(cast: Cast, settings: Settings) -> None:
    settings.SMS_CHANNEL_URL = ""

    assert "+44" not in _client(cast).get(PAGE).text
    assert _client(cast).post(SEND, {"way": "sms"})["Location"].startswith(f"{PAGE}?next=&way=password")


@pytest.mark.parametrize("way", ["app", "voice", "", "password'--", "questions"])
def test_way_that_is_none_asks_for_the_password(cast: Cast, way: str) -> None:
    client = _client(cast)

    assert client.get(f"{PAGE}?way={way}").status_code == 200
    assert client.post(PAGE, {"way": way, "code": "123456"}).status_code == 422
    assert client.post(PAGE, {"way": way if way != "app" else "", "password": PASSWORD}).status_code == 302


def test_session_that_a_reset_ended_is_not_revived(cast: Cast) -> None:
    from users.services.fresh_proof import ProofWay, prove_by_code
    from users.sessions import end_all_sessions

    app, client = registers_app(cast, NAME), _client(cast)
    session = _session(client)
    session.user, session.tenant = cast[NAME], cast.tenant
    end_all_sessions([cast[NAME].pk], now=clock.now())

    with within(cast.tenant):
        key = prove_by_code(session, way=ProofWay.APP, typed=app.at(clock.now()), now=clock.now())

    assert key is None
    assert not Session.objects.filter(ended_at=None).exists()


def test_password_revives_no_session_that_was_ended_meanwhile(cast: Cast) -> None:
    from users.services.sign_in import prove_again
    from users.sessions import end_all_sessions

    session = _session(_client(cast))
    session.user, session.tenant = cast[NAME], cast.tenant
    end_all_sessions([cast[NAME].pk], now=clock.now())

    key = prove_again(session, password=Secret(PASSWORD), source="198.51.100.7", now=clock.now())

    assert key is None
    assert not Session.objects.filter(ended_at=None).exists()
