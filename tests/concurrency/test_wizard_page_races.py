"""The pages of the wizard from many sides at once, as browsers post them: five guesses counted, one success."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpResponse
from django.test import Client

from adminportal.audit.models import AuditEvent
from adminportal.throttle.models import Counter as Hits
from sspr.models import RecoveryAttempt, RecoveryLock
from tests.cast import PASSWORD, Cast
from tests.concurrency.crowd import at_once
from tests.passwords.reset_cast import try_sign_in
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import NEW_PASSWORD, make_adele_alone
from users.models import Challenge, Session
from users.services.sign_in import Outcome

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ADELE = "adele.vance@contoso.example"
GUESSES, RIGHT = 200, 50
COUNTED = 5
BROWSERS = 5


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr("adminportal.outbox.waking.wake", lambda *_: None)
    made = make_adele_alone()
    yield made


def asked_by_mail(number: int = 0) -> Visit:
    visit = Visit(source=f"203.0.113.{number}")
    visit.begin(ADELE)
    visit.send("email")
    return visit


def tab_of(visit: Visit, number: int = 0) -> Visit:
    """Return a further tab of the same browser, from an address of its own."""
    tab = Visit(client=Client(REMOTE_ADDR=f"198.51.100.{number}"))
    tab.client.cookies[settings.SSPR_COOKIE_NAME] = visit.key
    return tab


def guess(tab: Visit, codes: list[str]) -> None:
    """Read the newest page before each guess, so that a guess is lost only where another one was counted meanwhile."""
    for code in codes:
        tab.prove("email", code)


def wrong_codes(visit: Visit) -> list[str]:
    right = int(visit.code())
    return [str((right + number) % 10**8).zfill(8) for number in range(1, GUESSES + 1)]


def assert_five_were_counted() -> None:
    assert sum(Challenge.objects.values_list("tries", flat=True)) == COUNTED
    assert len(Hits.objects.get(limit="L04").hits) == COUNTED
    assert RecoveryLock.objects.get().limit == "L04"
    reasons = Counter(AuditEvent.objects.filter(activity__contains="flow").values_list("reason", flat=True))
    assert reasons["User gave a wrong proof for the email verification option"] == COUNTED - 1
    assert AuditEvent.objects.filter(activity="Blocked from self-service password reset").count() == 1
    assert "new_password" not in RecoveryAttempt.objects.values_list("state", flat=True)
    assert try_sign_in(ADELE, PASSWORD).outcome is Outcome.RIGHT, "the lock is one of self-service alone"


def test_two_hundred_guesses_at_once_in_tabs_of_one_browser_are_five(cast: Cast) -> None:
    # An attempt takes 60 forms, old ones too: ten tabs cannot spend them before the fifth guess was counted.
    visit, tabs = asked_by_mail(), 10
    codes = wrong_codes(visit)

    at_once([partial(guess, tab_of(visit, tab), codes[tab::tabs]) for tab in range(tabs)])

    assert_five_were_counted()
    assert visit.attempt.state == "locked"


def test_two_hundred_guesses_at_once_in_five_browsers_are_five(cast: Cast) -> None:
    """Each browser has a code of its own with five tries: the account's own count stops them together."""
    visits, tabs = [asked_by_mail(number) for number in range(BROWSERS)], 25
    codes = [wrong_codes(visit) for visit in visits]
    jobs: list[Callable[[], None]] = [
        partial(guess, tab_of(visits[tab % BROWSERS], tab), codes[tab % BROWSERS][tab::tabs]) for tab in range(tabs)
    ]

    at_once(jobs)

    assert_five_were_counted()


def test_two_hundred_guesses_with_one_form_are_one(cast: Cast) -> None:
    visit, tabs = asked_by_mail(), 20
    codes, moves = wrong_codes(visit), visit.moves()

    def post(tab: Visit, typed: list[str]) -> list[str]:
        form = {"moves": moves, "method": "email"}
        return [tab.client.post("/passwordreset/prove", form | {"code": code})["Location"] for code in typed]

    said = at_once([partial(post, tab_of(visit, tab), codes[tab::tabs]) for tab in range(tabs)])

    answers = Counter(place.rpartition("said=")[2] for places in said for place in places)
    assert answers["wrong"] == 1 and set(answers) <= {"wrong", "stale", "/passwordreset/step"}
    assert Challenge.objects.get().tries == 1


def test_fifty_right_codes_at_once_are_one_success(cast: Cast) -> None:
    visit = asked_by_mail()
    form = {"moves": visit.moves(), "method": "email", "code": visit.code()}
    tabs = [tab_of(visit, number) for number in range(RIGHT)]

    answers = at_once([partial(tab.client.post, "/passwordreset/prove", form) for tab in tabs])

    keys = [answer.cookies[settings.SSPR_COOKIE_NAME].value for answer in answers if answer.cookies]
    assert len(keys) == 1 and keys[0] != visit.key
    assert Challenge.objects.exclude(used_at=None).count() == 1
    assert list(RecoveryAttempt.objects.values_list("state", "proven_gates")) == [("new_password", ["email"])]
    assert [tab.page().status_code for tab in tabs].count(200) == 1


def test_fifty_new_passwords_at_once_are_one(cast: Cast) -> None:
    visit = asked_by_mail()
    visit.prove("email", visit.code())
    passwords = [f"{NEW_PASSWORD}-{number:02}" for number in range(RIGHT)]
    moves = visit.moves()

    def post(tab: Visit, password: str) -> HttpResponse:
        form = {"moves": moves, "new_password": password, "confirm_password": password}
        return tab.client.post("/passwordreset/finish", form)

    at_once([partial(post, tab_of(visit, number), password) for number, password in enumerate(passwords)])

    assert visit.attempt.state == "done"
    assert AuditEvent.objects.filter(activity="Reset password (self-service)", result="success").count() == 1
    cast["adele.vance"].refresh_from_db()
    assert [check_password(password, cast["adele.vance"].password) for password in passwords].count(True) == 1
    assert not Session.objects.exists()
