"""Answers to security questions: judged all at once, hashed as passwords are, replaced as a set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from sspr.models import CustomQuestion, SecurityAnswer, SsprPolicy
from sspr.question_words import OWN
from sspr.questions import BUILT_IN, LONGEST_ANSWER, SHORTEST_ANSWER, normal_form
from sspr.registration import may_answer_questions
from sspr.services.register import FRESH_MINUTES, settle, standing_of
from sspr.services.security_info import answers_changed, require_fresh_proof
from users.access import Decision
from users.actors import Actor
from users.models import Session, Tenant
from users.services.directory_changes import lock_people
from users.services.method_changes import Event, follow_method_change
from users.services.people import Refused

Pair = tuple[str, str]
"""The key of a question, and what was answered."""
REFUSED: Final = Decision(allowed=False, code="NOT_FOUND")


class AnswersRefused(Exception):
    """Some answers cannot be kept; ``faults`` has a code for each place. Nothing was changed.

    Codes: ``question`` (none chosen, or not one of those offered), ``question_twice``, ``short``, ``long``,
    ``answer_twice``.
    """

    def __init__(self, faults: Mapping[int, str]) -> None:
        super().__init__(*sorted(set(faults.values())))
        self.faults = dict(faults)


def offered_questions() -> list[str]:
    """List the keys of all questions of the tenant, its own ones first; one query, inside the scope."""
    own = CustomQuestion.objects.order_by("created_at", "id").values_list("id", flat=True)
    return [*(f"{OWN}{key}" for key in own), *BUILT_IN]


@sensitive_variables()
def save_answers(
    *, actor: Actor, session: Session, pairs: Sequence[Pair], now: datetime, is_registering: bool = False
) -> None:
    """Keep a set of answers in the place of the earlier one. Costs one hash an answer; not inside a transaction.

    :raises Refused: without fresh proof, where questions are off, and for whoever holds a role.
    :raises AnswersRefused: when a question or an answer does not fit; nothing was changed.
    :raises adminportal.hashing.HashingBusy: when no slot for a hash came free in time.
    """
    require_fresh_proof(actor, now=now, minutes=FRESH_MINUTES if is_registering else 0)
    standing = standing_of(actor)
    if not may_answer_questions(standing.known.facts, standing.policy):
        raise Refused(REFUSED)
    _require_fit(pairs, standing.policy)
    hashed = [(question, make_password(normal_form(answer))) for question, answer in pairs]
    with transaction.atomic():
        _hold_own_questions(actor, pairs)
        lock_people([actor.id])
        _require_fit(pairs, standing.policy)
        had_some = SecurityAnswer.objects.filter(user=actor.user).delete()[0] > 0
        SecurityAnswer.objects.bulk_create(
            SecurityAnswer(tenant=actor.tenant, user=actor.user, question=question, answer=answer, created_at=now)
            for question, answer in hashed
        )
        change = answers_changed(actor, session, Event.CHANGED if had_some else Event.ADDED, now=now)
        follow_method_change(change)
        settle(session, actor, now=now)


@sensitive_variables()
def _require_fit(pairs: Sequence[Pair], policy: SsprPolicy) -> None:
    faults = faults_of(pairs, offered=offered_questions(), policy=policy)
    if faults:
        raise AnswersRefused(faults)


@sensitive_variables()
def _hold_own_questions(actor: Actor, pairs: Sequence[Pair]) -> None:
    """Let nobody take away a question of the tenant that is answered here: whoever does holds the tenant as well."""
    if any(question.startswith(OWN) for question, _answer in pairs):
        Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)


@sensitive_variables()
def faults_of(pairs: Sequence[Pair], *, offered: Sequence[str], policy: SsprPolicy) -> dict[int, str]:
    """Return what is wrong by place, the first fault of each; a missing place counts as no question."""
    faults: dict[int, str] = {}
    questions, answers = set[str](), set[str]()
    for place in range(policy.questions_to_register):
        question, answer = pairs[place] if place < len(pairs) else ("", "")
        normal = normal_form(answer)
        fault = _fault(question, answer, normal, offered=offered, questions=questions, answers=answers)
        if fault:
            faults[place] = fault
        questions.add(question)
        answers.add(normal)
    if len(pairs) > policy.questions_to_register:
        faults.setdefault(policy.questions_to_register, "question")
    return faults


def _fault(
    question: str, answer: str, normal: str, *, offered: Sequence[str], questions: set[str], answers: set[str]
) -> str:
    if question not in offered:
        return "question"
    if question in questions:
        return "question_twice"
    if len(normal) < SHORTEST_ANSWER:
        return "short"
    if len(normal) > LONGEST_ANSWER or len(answer) > LONGEST_ANSWER * 2:
        return "long"
    return "answer_twice" if normal in answers else ""
