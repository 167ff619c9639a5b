"""Security questions of a tenant's own wording: how many, how long, and what somebody answered stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from sspr.models import CustomQuestion, SecurityAnswer
from sspr.question_words import OWN
from sspr.services.own_questions import LONGEST, MOST, QuestionsRefused, change_questions, list_questions
from tests.cast import Cast, make_cast, signed_in
from users.services.people import Refused
from users.tenancy import within

pytestmark = pytest.mark.django_db
URL = "/settings/password-reset/questions"
FIRST, SECOND = "Which ship did you sail on first?", "What is painted on the canteen's wall?"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def change(cast: Cast, *texts: str, who: str = "global.admin") -> list[str]:
    with within(cast.tenant):
        change_questions(actor=cast.actor(who), texts=texts, now=clock.now())
        return [each.text for each in list_questions()]


def test_questions_are_kept_with_their_ids_and_the_change_is_in_the_audit_log(cast: Cast) -> None:
    change(cast, FIRST)
    with within(cast.tenant):
        before = CustomQuestion.objects.get()

    assert change(cast, FIRST, SECOND) == [FIRST, SECOND]

    with within(cast.tenant):
        assert CustomQuestion.objects.get(text=FIRST).pk == before.pk
    row = AuditEvent.objects.filter(activity="Self-service password reset policy changes").order_by("-pk")[0]
    assert row.targets[0]["modified"] == [{"name": "sspr.own_questions", "old": FIRST, "new": f"{FIRST} | {SECOND}"}]


def test_answered_question_cannot_be_taken_away(cast: Cast) -> None:
    change(cast, FIRST, SECOND)
    with within(cast.tenant):
        key = f"{OWN}{CustomQuestion.objects.get(text=FIRST).pk}"
        SecurityAnswer.objects.create(
            tenant=cast.tenant, user=cast["adele.vance"], question=key, answer="x", created_at=clock.now()
        )

    with pytest.raises(QuestionsRefused) as refusal:
        change(cast, SECOND)

    assert (refusal.value.code, refusal.value.text) == ("answered", FIRST)
    assert change(cast, FIRST) == [FIRST]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (tuple(f"Question number {number}?" for number in range(MOST + 1)), "too_many"),
        (("ab",), "length"),
        (("a" * (LONGEST + 1),), "length"),
        ((FIRST, FIRST.upper()), "twice"),
    ],
    ids=["too-many", "short", "long", "twice"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(cast: Cast, texts: tuple[str, ...], code: str) -> None:
    change(cast, SECOND)

    with pytest.raises(QuestionsRefused) as refusal:
        change(cast, *texts)

    assert refusal.value.code == code
    assert change(cast, SECOND) == [SECOND]


def test_borders_are_taken(cast: Cast) -> None:
    assert (
        len(change(cast, *(f"Question number {number}?" for number in range(MOST - 2)), "abc", "a" * LONGEST)) == MOST
    )


@pytest.mark.parametrize("who", ["global.reader", "helpdesk.admin"])
def test_others_are_refused(cast: Cast, who: str) -> None:
    with pytest.raises(Refused):
        change(cast, FIRST, who=who)

    row = AuditEvent.objects.get(result="failure")
    assert (row.actor_id, row.reason) == (cast[who].pk, "NO_RIGHT_SSPR_SETTINGS_WRITE")


def test_refusal_for_want_of_a_fresh_proof_is_in_the_audit_log(cast: Cast) -> None:
    boss = cast.actor("global.admin")

    with within(cast.tenant), pytest.raises(Refused):
        change_questions(actor=boss, texts=(FIRST,), now=clock.now() + timedelta(hours=1))

    row = AuditEvent.objects.get(result="failure")
    assert (row.actor_id, row.details["RefusalCode"]) == (boss.id, "RESET_STEP_UP")
    assert (row.tenant_id, row.targets[0]["modified"]) == (cast.tenant.pk, [])


def test_page_saves_lines_and_keeps_what_was_typed_when_refused(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    refused = client.post(URL, {"questions": f"ab\n{FIRST}"})
    answer = client.post(URL, {"questions": f"  {FIRST}  \r\n\r\n{SECOND}\n"})
    page = client.get(answer["Location"]).content.decode()

    assert refused.status_code == 422 and FIRST in refused.content.decode()
    assert "The questions are saved." in page and FIRST in page
    with within(cast.tenant):
        assert [each.text for each in list_questions()] == [FIRST, SECOND]


def test_form_without_its_field_takes_no_question_away(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    client.post(URL, {"questions": FIRST})

    refused = client.post(URL, {})

    assert refused.status_code == 422 and "Nothing was changed." in refused.content.decode()
    with within(cast.tenant):
        assert [each.text for each in list_questions()] == [FIRST]


def test_reader_sees_them_and_cannot_save(cast: Cast) -> None:
    client = signed_in(cast["global.reader"])

    page = client.get(URL).content.decode()
    answer = client.post(URL, {"questions": FIRST})

    assert "readonly" in page and ">Save<" not in page
    assert answer.status_code == 403
