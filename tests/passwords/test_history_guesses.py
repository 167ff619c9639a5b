"""Resetting to a chosen password does not tell, try after try, what the password of now is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import check_password

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import guard
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.services.reset import reset_passwords
from tests.cast import PASSWORD, Cast, make_cast, part, signed_in
from tests.passwords.reset_cast import TYPED, post_reset, text_of
from users.access import Decision
from users.refusals import sentence
from users.tenancy import within

pytestmark = pytest.mark.django_db

START = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    cast.add_all(*(part(f"person.{number}") for number in range(12)))
    return cast


def _try(
    cast: Cast, target: str = "adele.vance", *, actor: str = "helpdesk.admin", typed: str = PASSWORD, at: float = 0
) -> ResetOutcome:
    now = START + timedelta(seconds=at)
    with clock.travel(freeze_at=now), within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[target].pk, password=Secret(typed))],
            authority=AdminAuthority(actor=cast.actor(actor)),
            options=ResetOptions(),
            now=now,
        )
    return outcome


def test_eleventh_refusal_within_the_window_tells_nothing_and_costs_no_hash(cast: Cast) -> None:
    at_first = guard.load().made
    codes = [_try(cast, at=number).code for number in range(10)]
    before = guard.load().made
    assert before == at_first + 10

    spent = _try(cast, at=600)

    assert codes == ["RESET_POLICY"] * 10
    assert (spent.end, spent.code) == (ResetEnd.REFUSED, "RESET_HISTORY_LIMIT")
    assert guard.load().made == before
    cast["adele.vance"].refresh_from_db()
    assert check_password(PASSWORD, cast["adele.vance"].password)
    row = AuditEvent.objects.filter(result="failure").latest("pk")
    assert row.reason == "RESET_HISTORY_LIMIT"


def test_spent_limit_answers_alike_for_the_right_guess_and_a_wrong_one(cast: Cast) -> None:
    for number in range(10):
        _try(cast, at=number)

    assert {_try(cast, typed=word, at=20).code for word in (PASSWORD, TYPED)} == {"RESET_HISTORY_LIMIT"}


def test_window_opens_again(cast: Cast) -> None:
    for number in range(10):
        _try(cast, at=number)
    told = _try(cast, at=60)

    words = sentence(Decision(allowed=False, code=told.code, values=told.values))
    assert "Try again in 14 minutes" in words
    assert _try(cast, typed=TYPED, at=WINDOW.total_seconds()).end is ResetEnd.DONE


def test_one_administrator_is_stopped_over_many_people(cast: Cast) -> None:
    for number in range(10):
        assert _try(cast, f"person.{number}", at=number).code == "RESET_POLICY"

    assert _try(cast, "person.10", at=20).code == "RESET_HISTORY_LIMIT"
    assert _try(cast, "person.10", actor="user.admin", at=20).code == "RESET_POLICY"


def test_one_person_is_kept_from_many_administrators(cast: Cast) -> None:
    for number in range(10):
        _try(cast, actor=("helpdesk.admin", "user.admin")[number % 2], at=number)

    assert _try(cast, actor="password.admin", at=20).code == "RESET_HISTORY_LIMIT"
    assert _try(cast, "person.0", actor="password.admin", at=20).code == "RESET_POLICY"


def test_passwords_that_are_taken_are_not_counted(cast: Cast) -> None:
    ends = [_try(cast, f"person.{number}", typed=TYPED, at=number).end for number in range(12)]

    assert ends == [ResetEnd.DONE] * 12


def test_generated_password_is_given_though_the_limit_is_spent(cast: Cast) -> None:
    for number in range(10):
        _try(cast, at=number)

    with clock.travel(freeze_at=START + timedelta(seconds=30)):
        answer = post_reset(signed_in(cast["helpdesk.admin"]), cast["adele.vance"].pk)

    assert answer.status_code == 302


def test_panel_says_so_with_429_and_keeps_what_was_typed_out_of_the_page(cast: Cast) -> None:
    for number in range(10):
        _try(cast, at=number)
    own = {"how": "own", "new_password": PASSWORD}

    with clock.travel(freeze_at=START + timedelta(seconds=30)):
        client = signed_in(cast["helpdesk.admin"])
        page = post_reset(client, cast["adele.vance"].pk, **own)
        fragment = post_reset(client, cast["adele.vance"].pk, htmx=True, **own)

    assert (page.status_code, fragment.status_code) == (429, 422)
    for answer in (page, fragment):
        assert "Too many passwords were refused" in text_of(answer)
        assert PASSWORD not in answer.content.decode()
