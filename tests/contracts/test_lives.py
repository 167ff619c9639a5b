"""Every life of self-service at its border: good a second before and at the last moment, over a second later.

One row each; a day counter is a life too: what is counted at its start counts until its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle import LIMITS
from passwords.models import PasswordReset
from sspr.models import Gate, Reach, SecurityAnswer
from sspr.services.start import Later, difficulty
from sspr.services.verify import Outcome
from sspr.services.verify import check as check_proof
from tests.cast import Cast, signed_in
from tests.passwords.reset_cast import link_of, message_to, reset
from tests.solving import read_aloud, solved
from tests.sspr.self_service import policy_for
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import MAIL, MOBILE, begin, make_open_cast, wrong_code
from tests.users.app_ways import registers_app
from tests.users.contact_ways import changes_address
from users.services.authenticators import go_on_with, start_authenticator
from users.services.contacts import Waiting, carry_out_due
from users.services.sending_limits import may_send
from users.tenancy import within
from users.trusted_devices import is_trusted, trust

pytestmark = pytest.mark.django_db

NAME = "adele.vance@contoso.example"
SECOND = timedelta(seconds=1)
Alive = Callable[[datetime], bool]


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def code(cast: Cast) -> Alive:
    walk = begin(NAME)
    walk.send(Gate.EMAIL)
    attempt, typed = walk.attempt, walk.code()
    return lambda now: (
        check_proof(attempt, gate=Gate.EMAIL, typed=typed, moves=attempt.moves, now=now).outcome is Outcome.RIGHT
    )


def code_of_two_minutes(cast: Cast) -> Alive:
    policy_for(cast, reach=Reach.ALL, code_minutes=2)
    return code(cast)


def app_code(cast: Cast) -> Alive:
    """The lives begin at a whole minute, so at the start of a step of half of one."""
    app = registers_app(cast, "adele.vance")
    walk, typed = begin(NAME), app.at(clock.now())
    attempt = walk.attempt
    return lambda now: (
        check_proof(attempt, gate=Gate.APP, typed=typed, moves=attempt.moves, now=now).outcome is Outcome.RIGHT
    )


def key_of_a_new_app(cast: Cast) -> Alive:
    user = cast["adele.vance"]
    new = start_authenticator(user=user, tenant=cast.tenant, now=clock.now())
    return lambda now: go_on_with(user=user, tenant=cast.tenant, sealed=new.sealed, now=now) is not None


def fresh_proof(cast: Cast) -> Alive:
    browser = signed_in(cast["adele.vance"])
    return lambda _now: browser.get("/account/security-info/email").status_code == 200


def attempt(cast: Cast) -> Alive:
    visit = Visit()
    visit.begin(NAME)
    return lambda _now: visit.page().status_code == 200


def proven_attempt(cast: Cast) -> Alive:
    visit = Visit()
    visit.begin(NAME)
    visit.prove_email()
    visit_moves = visit.moves()
    form = {"moves": visit_moves, "new_password": "Violet-Meadow-4127", "confirm_password": "Violet-Meadow-4127"}
    return lambda _now: visit.client.post("/passwordreset/finish", form)["Location"] == "/passwordreset/step"


def challenge_of_page_one(cast: Cast) -> Alive:
    browser = Client()
    form = {"user_name": NAME, **solved(browser.get("/passwordreset"))}
    return lambda _now: browser.post("/passwordreset", form).status_code == 302


def picture_of_page_one(cast: Cast) -> Alive:
    browser = Client()
    form = {"user_name": NAME, **read_aloud(browser.get("/passwordreset?picture=1"))}
    return lambda _now: browser.post("/passwordreset?picture=1", form).status_code == 302


def harder_work_of_a_source(cast: Cast) -> Alive:
    for number in range(LIMITS["L02"].number):
        begin(f"somebody{number}@contoso.example", source="203.0.113.5")
    return lambda now: difficulty(source="203.0.113.5", tenant=None, now=now) == 1


def is_refused(_now: datetime) -> bool:
    try:
        begin(NAME)
    except Later:
        return True
    return False


def lock_after_wrong_proofs(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(5):
        walk.send(Gate.EMAIL)
        walk.type(Gate.EMAIL, wrong_code(walk.attempt))
    return is_refused


def lock_after_wrong_numbers(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(5):
        walk.send(Gate.MOBILE_SMS, "+1 202 555 0177")
    return is_refused


def lock_after_wrong_app_codes(cast: Cast) -> Alive:
    app = registers_app(cast, "adele.vance")
    return lock_after_wrong(Gate.APP, typed="000000" if app.at(clock.now()) != "000000" else "000001")


def lock_after_wrong_answers(cast: Cast) -> Alive:
    policy_for(cast, reach=Reach.ALL, gates_required=2, gates=[Gate.EMAIL, Gate.QUESTIONS])
    with within(cast.tenant):
        for key in ("q01", "q02", "q03"):
            facts = {"answer": make_password("right"), "created_at": clock.now()}
            SecurityAnswer.objects.create(tenant=cast.tenant, user=cast["adele.vance"], question=key, **facts)
    return lock_after_wrong(Gate.QUESTIONS, answers={"q01": "wrong"})


def lock_after_wrong(gate: Gate, *, typed: str = "", **more: Any) -> Alive:
    walk = begin(NAME)
    for _ in range(5):
        walk.type(gate, typed, **more)
    return is_refused


def lock_after_this_was_not_me(cast: Cast) -> Alive:
    walk = begin(NAME)
    walk.prove_email()
    walk.finish()
    press_not_me()
    return is_refused


def button_of_a_notice(cast: Cast) -> Alive:
    walk = begin(NAME)
    walk.prove_email()
    walk.finish()
    return lambda _now: press_not_me() != "This button is over"


def press_not_me() -> str:
    message = OutboundMessage.objects.filter(template="password_was_reset_by_owner").earliest("created_at")
    page = Client().post(urlsplit(links.address_of(message).expose()).path).text
    return "This button is over" if "This button is over" in page else "pressed"


def wrong_proofs_of_a_day(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(4):
        walk.send(Gate.EMAIL)
        walk.type(Gate.EMAIL, wrong_code(walk.attempt))
    return lambda _now: is_closed_by_one_more_wrong_code()


def is_closed_by_one_more_wrong_code() -> bool:
    walk = begin(NAME)
    walk.send(Gate.EMAIL)
    return walk.type(Gate.EMAIL, wrong_code(walk.attempt)) is Outcome.ENDED


def wrong_numbers_of_an_hour(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(4):
        walk.send(Gate.MOBILE_SMS, "+1 202 555 0177")
    return lambda _now: begin(NAME).send(Gate.MOBILE_SMS, "+1 202 555 0177") is Outcome.ENDED


def mails_of_ten_minutes(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(10):
        walk.send(Gate.EMAIL)
    return lambda _now: begin(NAME).send(Gate.EMAIL) is Outcome.PAUSED


def texts_of_an_hour(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(5):
        walk.send(Gate.MOBILE_SMS, MOBILE)
    return lambda _now: begin(NAME).send(Gate.MOBILE_SMS, MOBILE) is Outcome.PAUSED


def texts_of_a_day_to_one_number(cast: Cast) -> Alive:
    return sent_over_hours(cast, "sms", MOBILE, a_day=10, an_hour=3)


def mails_of_a_day_to_one_address(cast: Cast) -> Alive:
    return sent_over_hours(cast, "email", MAIL, a_day=30, an_hour=10)


def sent_over_hours(cast: Cast, channel: str, value: str, *, a_day: int, an_hour: int) -> Alive:
    """Send as many as a day allows, in as few hours as possible; the oldest ones count until the day is over."""

    def send(now: datetime) -> bool:
        return may_send(tenant_id=cast.tenant.pk, channel=channel, value=value, now=now)

    start = clock.now()
    assert all(send(start + timedelta(hours=number // an_hour)) for number in range(a_day))
    return lambda now: not send(now)


def wait_after_many_starts(cast: Cast) -> Alive:
    for _ in range(5):
        begin(NAME)
    return is_refused


def pause_after_many_mails(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(11):
        walk.send(Gate.EMAIL)
    return lambda _now: begin(NAME).send(Gate.EMAIL) is Outcome.PAUSED


def pause_after_many_texts(cast: Cast) -> Alive:
    walk = begin(NAME)
    for _ in range(6):
        walk.send(Gate.MOBILE_SMS, MOBILE)
    return lambda _now: begin(NAME).send(Gate.MOBILE_SMS, MOBILE) is Outcome.PAUSED


def waiting_change(cast: Cast) -> Alive:
    found = changes_address(cast)
    assert isinstance(found, Waiting)
    return lambda now: carry_out_due(now) == 0


def trusted_browser(cast: Cast) -> Alive:
    user = cast["adele.vance"]
    with within(cast.tenant):
        key = trust(user, days=30, now=clock.now())

    def is_alive(now: datetime) -> bool:
        with within(cast.tenant):
            return is_trusted(key, user, days=30, now=now)

    return is_alive


def link_of_a_reset(cast: Cast) -> Alive:
    reset(cast, "diego.siciliani", deliver_to=("me@mail.example",))
    link = link_of(message_to("me@mail.example"))
    with within(cast.tenant):
        assert PasswordReset.objects.get().sealed_until == clock.now() + timedelta(hours=24)
    return lambda _now: Client().post(link).status_code == 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What lives how long; ``last`` is its last moment."""

    make: Callable[[Cast], Alive]
    last: timedelta


LIVES = [
    Life(make=code, last=timedelta(minutes=10)),
    Life(make=code_of_two_minutes, last=timedelta(minutes=2)),
    Life(make=app_code, last=timedelta(minutes=1) - SECOND),
    Life(make=key_of_a_new_app, last=timedelta(minutes=15)),
    Life(make=fresh_proof, last=timedelta(minutes=10) - SECOND),
    Life(make=attempt, last=timedelta(minutes=15)),
    Life(make=proven_attempt, last=timedelta(minutes=15)),
    Life(make=challenge_of_page_one, last=timedelta(minutes=30) - SECOND),
    Life(make=picture_of_page_one, last=timedelta(minutes=30) - SECOND),
    Life(make=harder_work_of_a_source, last=timedelta(hours=1) - SECOND),
    Life(make=lock_after_wrong_proofs, last=timedelta(hours=24) - SECOND),
    Life(make=lock_after_wrong_numbers, last=timedelta(hours=24) - SECOND),
    Life(make=lock_after_wrong_app_codes, last=timedelta(hours=24) - SECOND),
    Life(make=lock_after_wrong_answers, last=timedelta(hours=24) - SECOND),
    Life(make=lock_after_this_was_not_me, last=timedelta(hours=24) - SECOND),
    Life(make=button_of_a_notice, last=timedelta(days=7) - SECOND),
    Life(make=wrong_proofs_of_a_day, last=timedelta(hours=24) - SECOND),
    Life(make=wrong_numbers_of_an_hour, last=timedelta(hours=1) - SECOND),
    Life(make=mails_of_ten_minutes, last=timedelta(minutes=10) - SECOND),
    Life(make=texts_of_an_hour, last=timedelta(hours=1) - SECOND),
    Life(make=texts_of_a_day_to_one_number, last=timedelta(hours=24) - SECOND),
    Life(make=mails_of_a_day_to_one_address, last=timedelta(hours=24) - SECOND),
    Life(make=wait_after_many_starts, last=timedelta(hours=1) - SECOND),
    Life(make=pause_after_many_mails, last=timedelta(hours=1) - SECOND),
    Life(make=pause_after_many_texts, last=timedelta(hours=1) - SECOND),
    Life(make=waiting_change, last=timedelta(hours=24) - SECOND),
    Life(make=trusted_browser, last=timedelta(days=30) - SECOND),
    Life(make=link_of_a_reset, last=timedelta(hours=24) - SECOND),
]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.make.__name__)
@pytest.mark.parametrize("late", [-1, 0, 1], ids=["a second before", "last moment", "one second later"])
def test_life_ends_where_it_should(cast: Cast, life: Life, late: int) -> None:
    moment = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    with clock.travel(freeze_at=moment):
        is_alive = life.make(cast)
        assert moment == clock.now()
    then = moment + life.last + late * SECOND
    with clock.travel(freeze_at=then):
        assert is_alive(then) is (late <= 0)
