"""Choosing security questions and answering them, all on one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from sspr.question_words import words_of
from sspr.registration import may_answer_questions
from sspr.services.answers import AnswersRefused, Pair, offered_questions, save_answers
from sspr.services.register import standing_of
from sspr.views.set_up import REFUSED_FORM, Frame
from users.request import PortalRequest
from users.services.people import Refused
from users.views.proof import to_confirm

LONGEST_TYPED: Final = 200
FAULTS: Final[dict[str, str | Promise]] = {
    "question": _("Choose a question."),
    "question_twice": _("Choose each question only once."),
    "short": _("Answer with at least 3 characters."),
    "long": _("Answer with at most 40 characters."),
    "answer_twice": _("Give each question an answer of its own."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One question with its answer on the form; answers are typed again after a fault, as passwords are."""

    number: int
    question: str
    error: str | Promise


@sensitive_variables()
def by_questions(request: PortalRequest, frame: Frame) -> HttpResponse:
    """Show as many questions as are needed, and keep the answers.

    :raises Http404: where questions are off, and for whoever holds a role.
    """
    standing = standing_of(request.actor)
    if not may_answer_questions(standing.known.facts, standing.policy):
        raise Http404
    number = standing.policy.questions_to_register
    if request.method != "POST":
        return _page(request, frame, [("", "")] * number)
    pairs = _pairs(request, number)
    try:
        save_answers(
            actor=request.actor,
            session=request.session_row,
            pairs=pairs,
            now=clock.now(),
            is_registering=frame.is_registering,
        )
    except AnswersRefused as refusal:
        return _page(request, frame, pairs, faults=refusal.faults)
    except Refused:
        return to_confirm(request)
    return HttpResponseRedirect(frame.done)


def _pairs(request: PortalRequest, number: int) -> list[Pair]:
    return [
        (request.POST.get(f"question-{place}", ""), request.POST.get(f"answer-{place}", "")[:LONGEST_TYPED])
        for place in range(number)
    ]


@sensitive_variables()
def _page(
    request: PortalRequest, frame: Frame, pairs: list[Pair], *, faults: dict[int, str] | None = None
) -> HttpResponse:
    places = [
        Place(number=place, question=question, error=FAULTS.get((faults or {}).get(place, ""), ""))
        for place, (question, _answer) in enumerate(pairs)
    ]
    words = words_of(offered_questions(), tenant=request.tenant)
    page = {"frame": frame, "places": places, "questions": words, "has_faults": bool(faults)}
    return render(request, "sspr/security_questions.html", page, status=REFUSED_FORM if faults else 200)
