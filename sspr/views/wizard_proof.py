"""Verification steps: have a code sent, and give a proof; every post leads back to the page of the step."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from adminportal import clock
from sspr.cookie import find_attempt, set_key
from sspr.flow import PROVING
from sspr.gate_words import NUMBERS
from sspr.models import Gate
from sspr.services.verify import Outcome, check, choose_and_send
from sspr.views.wizard_frame import moves_of, to_start, to_step
from sspr.wizard_page import gate_of
from users.access import public

LONGEST_NUMBER: Final = 40
LONGEST_CODE: Final = 64
LONGEST_ANSWER: Final = 200
ANSWER: Final = "answer-"
"""Before the key of a question in the name of its field."""
SAID_OF: Final = {
    Outcome.WRONG: "wrong",
    Outcome.SPENT: "spent",
    Outcome.EXPIRED: "expired",
    Outcome.PAUSED: "paused",
    Outcome.OTHER_NUMBER: "number",
    Outcome.STALE: "stale",
}
"""What the page says after each outcome; the others lead on without a word."""


@public
@never_cache
@sensitive_post_parameters()
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Choose a method and have its code sent, to the stored address or number and nowhere else."""
    now = clock.now()
    attempt, gate = find_attempt(request, now=now), gate_of(request.POST.get("method", ""))
    if attempt is None:
        return to_start(request, said="over")
    if gate is None:
        return to_step(said="stale")
    number = request.POST.get("number", "")[:LONGEST_NUMBER].strip()
    if gate in NUMBERS and not number and attempt.state in PROVING:
        return to_step(said="no_number", method=gate.value)
    answer = choose_and_send(attempt, gate=gate, typed_number=number, moves=moves_of(request), now=now)
    return to_step(said=SAID_OF.get(answer.outcome, ""), method=gate.value)


@public
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    """Judge a code or the answers to questions."""
    now = clock.now()
    attempt, gate = find_attempt(request, now=now), gate_of(request.POST.get("method", ""))
    if attempt is None:
        return to_start(request, said="over")
    if gate is None:
        return to_step(said="stale")
    typed, answers = "".join(request.POST.get("code", "")[:LONGEST_CODE].split()), _answers(request)
    missing = _missing(gate, typed, answers)
    if missing and attempt.state in PROVING:
        return to_step(said=missing, method=gate.value)
    answer = check(attempt, gate=gate, typed=typed, answers=answers, moves=moves_of(request), now=now)
    said = SAID_OF.get(answer.outcome, "")
    response = to_step(said=said, method=gate.value if said else "")
    if answer.cookie is not None:
        set_key(response, answer.cookie, attempt, now=now)
    return response


def _missing(gate: Gate, typed: str, answers: dict[str, str]) -> str:
    """Return what is said of a field that was left empty: that is no proof, so it counts for nothing."""
    if gate is not Gate.QUESTIONS:
        return "" if typed else "no_code"
    return "" if answers and all(text.strip() for text in answers.values()) else "no_answer"


def _answers(request: HttpRequest) -> dict[str, str]:
    return {
        name.removeprefix(ANSWER): text[:LONGEST_ANSWER]
        for name, text in request.POST.items()
        if name.startswith(ANSWER) and isinstance(text, str)
    }
