"""A whole walk through the wizard at DEBUG level: what was typed, sent and handed out rests nowhere afterwards."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage, State
from sspr.models import Reach
from sspr.questions import normal_form
from sspr.services.ask_handlers import settle_public_asks
from tests.adminportal.outbox_cast import deliver_all
from tests.cast import Cast, make_cast
from tests.contracts import canaries
from tests.contracts.canaries import Evidence, Recorder, Trail, logs_at_debug
from tests.passwords.reset_cast import try_sign_in
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey
from tests.solving import solved
from tests.sspr.self_service import answers, knows, policy_for
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import MAIL, MOBILE, wrong_code
from tests.users.app_ways import registers_app
from users.services.recovery_codes import make_recovery_codes
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = [pytest.mark.valkey, pytest.mark.django_db(transaction=True)]

UPN = "adele.vance@contoso.example"
WEAK, MISTYPED, NEW = "canaryweakling", "Canary-Mistyped-1188-Gt", "Canary-Wizard-5172-Wv"
ANSWER, WRONG_ANSWER = "Canary grandmother of mine", "Canary wrong grandmother"
MISPLACED = "canary-misplaced-4417-hj@contoso.example"
QUESTIONS = ("q01", "q02", "q03")


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE)
    answers(made, "adele.vance", {key: make_password(normal_form(ANSWER)) for key in QUESTIONS})
    return made


def deliver_mails() -> None:
    deliver_all(OutboundMessage.objects.filter(state=State.QUEUED, channel="email"))


def prove(visit: Visit, way: str, trail: Trail) -> None:
    """Have a code sent, type a wrong one and then the right one."""
    visit.send(way, MOBILE)
    trail.secrets[f"code by {way}"] = code = visit.code()
    trail.secrets[f"key before {way}"] = visit.key
    trail.secrets[f"wrong code by {way}"] = wrong = wrong_code(visit.attempt)
    deliver_mails()
    for typed in (wrong, code):
        visit.prove(way, typed)


def walk_with_codes(trail: Trail) -> None:
    visit = Visit(client=Recorder())
    visit.begin(UPN)
    prove(visit, "email", trail)
    prove(visit, "mobile_sms", trail)
    trail.secrets["key at the end"] = visit.key
    visit.client.post("/passwordreset/rules", {"new_password": WEAK})
    visit.finish(WEAK)
    visit.finish(NEW, again=MISTYPED)
    visit.finish(NEW)
    trail.answers |= visit.client.answers
    assert try_sign_in(UPN, NEW).outcome is Outcome.RIGHT, (visit.attempt.state, [*visit.client.answers])


def walk_with_what_is_known(cast: Cast, trail: Trail) -> None:
    """Prove by questions, by the app and by a recovery code; nobody finishes."""
    policy_for(cast, reach=Reach.ALL, gates=["app", "questions", "email"], gates_required=2)
    app = registers_app(cast, "adele.vance")
    with within(cast.tenant):
        by = cast.actor("adele.vance").for_audit()
        codes = make_recovery_codes(tenant=cast.tenant, user=cast["adele.vance"], by=by, now=clock.now())
    trail.secrets |= {"key of the app": app.secret, "code of the app": app.at(clock.now())}
    trail.secrets |= {"recovery code": codes[0].expose(), "its signs": codes[0].expose().replace("-", "")}
    first, second = Visit(client=Recorder(), source="203.0.113.41"), Visit(client=Recorder(), source="203.0.113.42")
    first.begin(UPN)
    with clock.travel(timedelta(seconds=1)):  # a proof ends older attempts alone
        second.begin(UPN)
    for answer in (WRONG_ANSWER, ANSWER):
        first.post("prove", method="questions", **{f"answer-{key}": answer for key in QUESTIONS})
    first.prove("app", app.at(clock.now()))
    assert first.attempt.state == "new_password"
    second.prove("recovery", codes[0].expose())
    assert second.attempt.proven_gates == ["recovery"]
    trail.answers |= first.client.answers | {f"2 {key}": text for key, text in second.client.answers.items()}


def type_a_secret_as_a_name(trail: Trail) -> None:
    visit = Visit(client=Recorder(), source="203.0.113.43")
    visit.begin(MISPLACED)
    visit.send("email")
    visit.prove("email", "00000000")
    for address, field_name in (("/passwordreset/contact", "user_name"), ("/forgot-username", "address")):
        stranger = Recorder()
        stranger.post(address, {field_name: MISPLACED, **solved(stranger.get(address))})
    settle_public_asks(clock.now())
    trail.secrets["misplaced"] = MISPLACED.partition("@")[0]


@pytest.fixture
def trail(cast: Cast, smtp_sink: SmtpSink, settings: Settings, valkey: Valkey) -> Trail:
    found = Trail(secrets={"weak": WEAK, "mistyped": MISTYPED, "new": NEW})
    found.secrets |= {"answer": ANSWER, "wrong answer": WRONG_ANSWER, "form of the answer": normal_form(ANSWER)}
    # Moments without fractions: six digits of a code may stand in none of them by chance.
    with clock.travel(freeze_at=clock.now().replace(microsecond=0) + timedelta(seconds=1)), logs_at_debug() as lines:
        policy_for(cast, reach=Reach.ALL, gates_required=2)
        walk_with_codes(found)
        walk_with_what_is_known(cast, found)
        type_a_secret_as_a_name(found)
        for message in OutboundMessage.objects.exclude(link_purpose=""):
            found.secrets[f"link {message.template} {message.pk}"] = links.token_of(message).expose()
        found.evidence |= canaries.queue(valkey)
        deliver_mails()
    assert len(lines) > 20 and len(found.secrets) > 18, sorted(found.secrets)
    found.evidence |= canaries.left_behind(lines, valkey)
    return found


def places_of(secret: str, evidence: Evidence) -> set[str]:
    """Return where a secret stands; a code of digits alone only where it is a word of its own."""
    if not secret.isdecimal():
        return {place for place, text in evidence.items() if secret in text}
    word = re.compile(rf"(?<![\w.-]){secret}(?![\w.-])")
    return {place for place, text in evidence.items() if word.search(text)}


def test_nothing_secret_of_the_wizard_rests_in_logs_queue_database_or_files(trail: Trail) -> None:
    assert any(place.startswith("queue mail") for place in trail.evidence)
    assert {"table users_user", "table audit_auditevent"} <= places_of(UPN, trail.evidence), "the search finds nothing"

    assert {
        name: places for name, secret in trail.secrets.items() if (places := places_of(secret, trail.evidence))
    } == {}


def test_no_page_of_the_wizard_gives_a_secret_back(trail: Trail) -> None:
    """The key of an attempt is in the cookie that hands it out, and in no page."""
    pages = {place: text.partition("\n<!")[2] for place, text in trail.answers.items()}

    assert sum(map(bool, pages.values())) > 5
    assert {name: places for name, secret in trail.secrets.items() if (places := places_of(secret, pages))} == {}


def test_message_of_a_code_reaches_its_owner_alone(trail: Trail, smtp_sink: SmtpSink) -> None:
    code = trail.secrets["code by email"]

    carriers = [mail for mail in smtp_sink.received if code in mail.body()]

    assert [mail.recipients for mail in carriers] == [(MAIL,)]
    assert not any(secret in mail.body() for mail in smtp_sink.received for secret in (NEW, WEAK, MISTYPED, ANSWER))
