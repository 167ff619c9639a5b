"""Security questions on the page of the wizard: in their words, the same or drawn anew, and judged by their form."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import pytest
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse
from pytest_django import Settings

from adminportal import clock, hashing
from sspr.models import CustomQuestion, Gate, GateFailures, Reach
from sspr.question_words import OWN, WORDS
from sspr.questions import BUILT_IN, normal_form
from sspr.services.own_questions import change_questions
from tests.cast import Cast, make_cast
from tests.sspr.self_service import answers, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from users.tenancy import within

pytestmark = pytest.mark.django_db
UPN, NOBODY = "adele.vance@contoso.example", "nobody.here@contoso.example"
NAMES = pytest.mark.parametrize("name", [UPN, NOBODY], ids=["known", "unknown"])
SHIP, WALL = "Which ship did you sail on first?", "What is painted on the <canteen's> wall?"
LABEL = re.compile(r'<label class="form-label" for="answer-([^"]+)">([^<]*)</label>')


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    only_questions(made)
    return made


def only_questions(cast: Cast, **more: object) -> None:
    """Let questions alone prove who somebody is, for everybody."""
    policy_for(cast, reach=Reach.ALL, gates=[Gate.QUESTIONS.value], questions_alone=True, **more)


def registers(cast: Cast, *keys: str) -> None:
    """Let Adele have answered questions, each by its own key."""
    answers(cast, "adele.vance", {key: make_password(normal_form(f"Answer {key}")) for key in keys})


def asks(cast: Cast, *texts: str) -> list[str]:
    """Let the organization ask questions of its own, and return their keys."""
    with within(cast.tenant):
        change_questions(actor=cast.actor("global.admin"), texts=texts, now=clock.now())
        return [f"{OWN}{CustomQuestion.objects.get(text=text).pk}" for text in texts]


def shown(visit: Visit) -> dict[str, str]:
    """Return the questions of the page in their order, by their keys."""
    return {key: html.unescape(text) for key, text in LABEL.findall(text_of(visit.page(method="questions")))}


def reply(visit: Visit, typed: Mapping[str, str]) -> HttpResponse:
    return visit.post("prove", method="questions", **{f"answer-{key}": text for key, text in typed.items()})


def right(asked: Mapping[str, str]) -> dict[str, str]:
    return {key: f" ANSWER  {key} " for key in asked}


def test_questions_of_the_organizations_own_are_asked_in_its_words_and_right_answers_lead_on(cast: Cast) -> None:
    ship, wall = asks(cast, SHIP, WALL)
    registers(cast, ship, wall, "q07")
    visit = Visit()
    visit.begin(UPN)

    asked = shown(visit)
    assert asked == {ship: SHIP, wall: WALL, "q07": str(WORDS["q07"])}
    answer = reply(visit, right(asked))

    assert answer["Location"] == "/passwordreset/step"
    assert visit.attempt.proven_gates == ["questions"] and "Enter new password" in text_of(visit.page())


@NAMES
def test_wrong_answer_leaves_the_same_questions_on_the_page(cast: Cast, name: str) -> None:
    registers(cast, *BUILT_IN[:8])
    visit = Visit()
    visit.begin(name)
    asked = shown(visit)
    assert len(asked) == 3

    for wrong in ({**right(asked), next(iter(asked)): "red"}, dict.fromkeys(asked, "red")):
        answer = reply(visit, wrong)
        assert "That is not right." in text_of(visit.client.get(answer["Location"]))
        assert list(shown(visit).items()) == list(asked.items())

    assert GateFailures.objects.get().in_a_row == 2
    reply(visit, right(asked))
    assert visit.attempt.state == ("new_password" if name == UPN else "prove_one")


@NAMES
def test_wrong_answer_draws_other_questions_where_the_setting_says_so(cast: Cast, name: str) -> None:
    only_questions(cast, questions_redraw_on_error=True, questions_to_register=20)
    registers(cast, *BUILT_IN[:20])
    visit = Visit()
    visit.begin(name)
    asked = [shown(visit)]
    assert list(shown(visit)) == list(asked[0]), "a page that is looked at again draws nothing"

    for _ in range(3):
        reply(visit, dict.fromkeys(asked[-1], "red"))
        asked.append(shown(visit))

    assert {len(each) for each in asked} == {3}
    assert len({tuple(each) for each in asked}) > 1
    reply(visit, right(asked[-1]))
    assert visit.attempt.state == ("new_password" if name == UPN else "prove_one")


def test_answers_to_the_questions_before_are_no_answers_to_those_drawn_anew(cast: Cast) -> None:
    only_questions(cast, questions_redraw_on_error=True, questions_to_register=20)
    registers(cast, *BUILT_IN[:20])
    visit = Visit()
    visit.begin(UPN)
    before = shown(visit)
    while set(shown(visit)) == set(before):
        reply(visit, dict.fromkeys(before, "red"))

    reply(visit, right(before))

    assert visit.attempt.proven_gates == []


def test_answers_that_find_no_hash_slot_count_for_nothing_and_may_be_given_again(
    cast: Cast, settings: Settings
) -> None:
    settings.HASH_SLOTS, settings.HASH_QUEUE = 1, 0
    registers(cast, "q01", "q02", "q03")
    visit = Visit()
    visit.begin(UPN)
    asked = shown(visit)
    with hashing.guard.taken():
        busy = reply(visit, dict.fromkeys(asked, "red"))

    assert (busy.status_code, busy["Retry-After"]) == (503, "5")
    assert not GateFailures.objects.exists() and visit.attempt.state == "prove_one"
    assert shown(visit) == asked
    reply(visit, right(asked))
    assert visit.attempt.state == "new_password"
