"""Every life of self-service at its border: good at the last moment, over at the next one. One row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.test import Client

from adminportal import clock
from passwords.models import PasswordReset
from sspr.models import Gate, Reach
from sspr.services.start import Later
from sspr.services.verify import Outcome
from sspr.services.verify import check as check_proof
from tests.cast import Cast, make_cast
from tests.passwords.reset_cast import link_of, message_to, reset
from tests.solving import solved
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import MAIL, MOBILE, begin, wrong_code
from tests.users.contact_ways import changes_address
from users.services.contacts import Waiting, carry_out_due
from users.tenancy import within
from users.trusted_devices import is_trusted, trust

pytestmark = pytest.mark.django_db

NAME = "adele.vance@contoso.example"
SECOND = timedelta(seconds=1)
Alive = Callable[[datetime], bool]


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL)
    knows(made, "adele.vance", email=MAIL, mobile=MOBILE)
    return made


def code(cast: Cast) -> Alive:
    walk = begin(NAME)
    walk.send(Gate.EMAIL)
    attempt, typed = walk.attempt, walk.code()
    return lambda now: (
        check_proof(attempt, gate=Gate.EMAIL, typed=typed, moves=attempt.moves, now=now).outcome is Outcome.RIGHT
    )


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
    Life(make=attempt, last=timedelta(minutes=15)),
    Life(make=proven_attempt, last=timedelta(minutes=15)),
    Life(make=challenge_of_page_one, last=timedelta(minutes=30) - SECOND),
    Life(make=lock_after_wrong_proofs, last=timedelta(hours=24) - SECOND),
    Life(make=lock_after_wrong_numbers, last=timedelta(hours=24) - SECOND),
    Life(make=wait_after_many_starts, last=timedelta(hours=1) - SECOND),
    Life(make=pause_after_many_mails, last=timedelta(hours=1) - SECOND),
    Life(make=pause_after_many_texts, last=timedelta(hours=1) - SECOND),
    Life(make=waiting_change, last=timedelta(hours=24) - SECOND),
    Life(make=trusted_browser, last=timedelta(days=30) - SECOND),
    Life(make=link_of_a_reset, last=timedelta(hours=24) - SECOND),
]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.make.__name__)
@pytest.mark.parametrize("late", [0, 1], ids=["last moment", "one second later"])
def test_life_ends_where_it_should(cast: Cast, life: Life, late: int) -> None:
    moment = clock.now().replace(microsecond=0)
    with clock.travel(freeze_at=moment):
        is_alive = life.make(cast)
        assert moment == clock.now()
    then = moment + life.last + late * SECOND
    with clock.travel(freeze_at=then):
        assert is_alive(then) is (late == 0)
