"""Fields of the wizard that were left empty: asked for again, and counted nowhere, whoever has the name."""

from __future__ import annotations

import pytest

from adminportal.audit.models import AuditEvent
from adminportal.throttle.models import Counter
from sspr.models import GateFailures, Reach, RecoveryLock
from tests.cast import make_cast
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, MOBILE
from users.models import Challenge

UPN = "adele.vance@contoso.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Visit:
    cast = make_cast()
    policy_for(cast, reach=Reach.ALL)
    knows(cast, "adele.vance", email=MAIL, mobile=MOBILE)
    return Visit()


@pytest.mark.parametrize("name", [UPN, "nobody@contoso.example"])
@pytest.mark.parametrize(
    ("gate", "step", "fields", "said"),
    [
        ("email", "prove", {}, "Type the code."),
        ("email", "prove", {"code": "  "}, "Type the code."),
        ("mobile_sms", "prove", {"code": ""}, "Type the code."),
        ("mobile_sms", "send", {"number": " "}, "Type the whole number, with its country code."),
        ("mobile_sms", "send", {}, "Type the whole number, with its country code."),
        ("app", "prove", {"code": ""}, "Type the code."),
        ("recovery", "prove", {"code": ""}, "Type the code."),
        ("questions", "prove", {}, "Answer every question."),
        ("questions", "prove", {"answer-q01": "Tromso", "answer-q02": " "}, "Answer every question."),
    ],
)
def test_field_that_was_left_empty_is_asked_for_and_counts_for_nothing(
    visit: Visit, name: str, gate: str, step: str, fields: dict[str, str], said: str
) -> None:
    visit.begin(name)
    if step == "prove" and gate in ("email", "mobile_sms"):
        visit.send(gate, MOBILE)
    before = counts_of(visit)

    answers = [visit.post(step, method=gate, **fields) for _ in range(7)]

    assert said in text_of(visit.client.get(answers[-1]["Location"]))
    assert counts_of(visit) == before and visit.attempt.state == "prove_one"


def counts_of(visit: Visit) -> list[object]:
    """Return everything in which a wrong proof, a wrong number or a post would be counted."""
    tries = list(Challenge.objects.order_by("id").values_list("id", "tries"))
    limits = sorted((row.limit, len(row.hits)) for row in Counter.objects.all())
    failures = list(GateFailures.objects.values_list("gate", "in_a_row"))
    return [tries, limits, failures, RecoveryLock.objects.count(), visit.attempt.moves, AuditEvent.objects.count()]
