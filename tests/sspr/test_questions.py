"""Security questions: what may be asked and answered, what is kept of it, and who never has any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from django.utils import translation

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from sspr.models import CustomQuestion, Gate, Reach, SecurityAnswer
from sspr.question_words import WORDS
from sspr.questions import BUILT_IN, normal_form
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import policy_for, registers
from users.models import Group, GroupMember, MethodKind
from users.tenancy import within

pytestmark = pytest.mark.django_db
NAME, PAGE = "diego.siciliani", "/account/security-info/questions"
QUESTIONS = [f"q0{place}" for place in range(1, 6)]
ANSWERS = ["Tromsø", "Storgata 5", "Fröken Ek", "Rex", "lutefisk"]


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL, gates=[Gate.EMAIL, Gate.QUESTIONS], gates_required=2)
    return made


def fill(questions: Sequence[str] = QUESTIONS, answers: Sequence[str] = ANSWERS) -> dict[str, str]:
    pairs = list(zip(questions, answers, strict=True))
    return {f"question-{place}": question for place, (question, _) in enumerate(pairs)} | {
        f"answer-{place}": answer for place, (_, answer) in enumerate(pairs)
    }


def stored(cast: Cast, name: str = NAME) -> dict[str, str]:
    with within(cast.tenant):
        return dict(SecurityAnswer.objects.filter(user=cast[name]).values_list("question", "answer"))


def client_of(cast: Cast, name: str = NAME) -> Client:
    return signed_in(cast[name])


def test_there_are_thirty_five_questions_each_in_words() -> None:
    assert len(BUILT_IN) == len(set(BUILT_IN)) == 35
    with translation.override("en"):
        assert len({str(WORDS[key]) for key in BUILT_IN}) == 35


def test_answers_are_kept_as_hashes_and_told_without_a_word_of_them(cast: Cast) -> None:
    client = client_of(cast)

    answer = client.post(PAGE, fill())

    assert answer.headers["Location"] == "/account/security-info?saved=1"
    kept = stored(cast)
    assert list(kept) and set(kept) == set(QUESTIONS)
    assert check_password(normal_form("  TROMSØ "), kept["q01"])
    everything = str(kept) + str(list(AuditEvent.objects.values())) + str(list(OutboundMessage.objects.values()))
    assert not any(text in everything for text in ANSWERS)
    assert AuditEvent.objects.filter(activity="User registered security info", actor_id=cast[NAME].pk).exists()
    (mail,) = OutboundMessage.objects.filter(template="method_changed")
    assert mail.context["method"] == "Security questions"
    page = client.get("/account/security-info").text
    assert "5 answers" in page and "Tromsø" not in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"question-1": "q01"}, "Choose each question only once."),
        ({"question-1": ""}, "Choose a question."),
        ({"question-1": "q99"}, "Choose a question."),
        ({"question-1": "own:00000000-0000-0000-0000-000000000000"}, "Choose a question."),
        ({"answer-1": "  tromsø  "}, "Give each question an answer of its own."),
        ({"answer-1": "ab"}, "Answer with at least 3 characters."),
        ({"answer-1": " a  b "[:4]}, "Answer with at least 3 characters."),
        ({"answer-1": "x" * 41}, "Answer with at most 40 characters."),
        ({"answer-1": "x" * 4000}, "Answer with at most 40 characters."),
        ({"answer-1": ""}, "Answer with at least 3 characters."),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_kept(cast: Cast, changed: dict[str, str], sentence: str) -> None:
    answer = client_of(cast).post(PAGE, fill() | changed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert stored(cast) == {}
    assert "Storgata 5" not in answer.text


@pytest.mark.parametrize("length", [3, 40])
def test_shortest_and_longest_answers_fit(cast: Cast, length: int) -> None:
    assert client_of(cast).post(PAGE, fill() | {"answer-1": "y" * length}).status_code == 302


def test_fewer_answers_than_required_are_refused(cast: Cast) -> None:
    assert client_of(cast).post(PAGE, fill(QUESTIONS[:4], ANSWERS[:4])).status_code == 422


def test_a_new_set_takes_the_place_of_the_old_one(cast: Cast) -> None:
    client = client_of(cast)
    client.post(PAGE, fill())

    client.post(PAGE, fill([f"q1{place}" for place in range(5)]))

    assert set(stored(cast)) == {f"q1{place}" for place in range(5)}


def test_questions_of_the_tenant_are_offered_to_its_people_alone(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    policy_for(other, reach=Reach.ALL, gates=[Gate.EMAIL, Gate.QUESTIONS], gates_required=2)
    with within(cast.tenant):
        facts = {"text": "Which desk was your first?", "created_at": clock.now()}
        own = CustomQuestion.objects.create(tenant=cast.tenant, **facts)
    chosen = fill() | {"question-1": f"own:{own.pk}"}

    assert "Which desk was your first?" in client_of(cast).get(PAGE).text
    assert "Which desk was your first?" not in client_of(other).get(PAGE).text
    assert client_of(other).post(PAGE, chosen).status_code == 422
    assert client_of(cast).post(PAGE, chosen).status_code == 302
    assert f"own:{own.pk}" in stored(cast)


def test_question_that_is_taken_away_while_its_answer_is_hashed_keeps_no_answer(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with within(cast.tenant):
        text, now = "Which desk was your first?", clock.now()
        own = CustomQuestion.objects.create(tenant=cast.tenant, text=text, created_at=now)

    def slow(password: str) -> str:
        CustomQuestion.objects.filter(pk=own.pk).delete()
        return make_password(password)

    monkeypatch.setattr("sspr.services.answers.make_password", slow)

    answer = client_of(cast).post(PAGE, fill() | {"question-1": f"own:{own.pk}"})

    assert answer.status_code == 422 and not stored(cast)


@pytest.mark.parametrize("name", ["helpdesk.admin", "global.reader", "directory.readers", "grady.archie"])
def test_holders_of_any_role_never_have_questions(cast: Cast, name: str) -> None:
    client = client_of(cast, name)

    answers: list[Any] = [client.get(PAGE), client.post(PAGE, fill())]

    assert {answer.status_code for answer in answers} == {404}
    assert stored(cast, name) == {}
    assert f'href="{PAGE}"' not in client.get("/account/security-info").text


def test_member_of_a_role_assignable_group_has_none_either(cast: Cast) -> None:
    with within(cast.tenant):
        facts = {"tenant": cast.tenant, "created_at": clock.now()}
        group = Group.objects.create(name="Owners", is_role_assignable=True, **facts)
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast[NAME])

    assert client_of(cast).post(PAGE, fill()).status_code == 404


def test_questions_are_there_only_where_they_are_switched_on(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    assert client_of(cast).post(PAGE, fill()).status_code == 404


def test_removing_asks_first(cast: Cast) -> None:
    client = client_of(cast)
    client.post(PAGE, fill())

    asked = client.get(f"{PAGE}/remove")
    kept = stored(cast)
    done = client.post(f"{PAGE}/remove")
    again = client.post(f"{PAGE}/remove")

    assert "Remove Security questions?" in asked.text and kept
    assert done.headers["Location"] == "/account/security-info?removed=1"
    assert again.headers["Location"] == "/account/security-info"
    assert stored(cast) == {}


def test_questions_are_never_asked_for_alone_at_sign_in(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, must_register=True, gates=[Gate.EMAIL, Gate.QUESTIONS], gates_required=1)
    alone = client_of(cast).get("/account/register/other").text
    policy_for(cast, reach=Reach.ALL, must_register=True, gates=[Gate.EMAIL, Gate.QUESTIONS], gates_required=2)
    beside = client_of(cast).get("/account/register/other").text
    registers(cast, NAME, MethodKind.EMAIL, "diego@mail.example")

    done = client_of(cast).post("/account/register/questions", fill() | {"next": "/account"})

    assert "Security questions" not in alone and "Security questions" in beside
    assert done.headers["Location"] == "/account/register/next?next=%2Faccount"
    assert set(stored(cast)) == set(QUESTIONS)
