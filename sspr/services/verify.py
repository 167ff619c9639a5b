"""Verification steps: a method is chosen, a code is sent, a proof is judged; each form counts once.

Right or wrong, known or not, a step asks the same statements; only a right proof leads on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.sealing import Secret
from sspr import locks
from sspr.decoys import decoy_mask, mask
from sspr.flow import PROVING, State
from sspr.models import Gate, RecoveryAttempt
from sspr.services import proofs, sending, settling
from sspr.services.holding import hold
from sspr.situation import Situation, look, paused_gates
from users.models.challenge import Purpose
from users.services import challenges

__all__ = ["Answer", "OfferedGate", "Outcome", "StepView", "check", "choose_and_send", "offered", "view_of"]

SENDING: Final = frozenset(locks.SENDS)
"""Methods that send something."""


class Outcome(StrEnum):
    """How a post was answered; STALE answers a page that is not the one of now, and did nothing."""

    CHOSEN = "chosen"
    SENT = "sent"
    PAUSED = "paused"
    OTHER_NUMBER = "other_number"
    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    EXPIRED = "expired"
    STALE = "stale"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome, and the new key for the cookie where a proof was right: the old one is dead then."""

    outcome: Outcome
    cookie: Secret | None = None


STALE: Final = Answer(outcome=Outcome.STALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedGate:
    """One method as the page lists it."""

    gate: Gate
    masked: str
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """What a verification page shows; ``sent_at`` is when the code that waits was made, for the method chosen.

    ``preferred`` is the one that the person is asked for first.
    """

    gates: list[OfferedGate]
    chosen: Gate | None = None
    preferred: Gate | None = None
    sent_at: datetime | None = None
    questions: list[str] = field(default_factory=list)


def offered(attempt: RecoveryAttempt, *, now: datetime) -> list[OfferedGate]:
    """List the methods that may be proven next, masked; the same queries whoever it is about."""
    return _offered(look(attempt, now=now), now=now)


def view_of(attempt: RecoveryAttempt, *, now: datetime) -> StepView:
    """Return what the page of a verification step shows; the same statements whoever it is about."""
    situation = look(attempt, now=now)
    waiting = challenges.newest(bound_to=attempt.pk, purpose=Purpose.SELF_SERVICE)
    chosen = Gate(attempt.chosen_gate) if attempt.chosen_gate else None
    is_waiting = waiting is not None and waiting.method == attempt.chosen_gate
    return StepView(
        gates=_offered(situation, now=now),
        chosen=chosen,
        preferred=situation.preferred,
        sent_at=waiting.created_at if waiting and is_waiting else None,
        questions=situation.questions(attempt.moves),
    )


@sensitive_variables()
def choose_and_send(
    attempt: RecoveryAttempt, *, gate: Gate, typed_number: str = "", moves: int, now: datetime
) -> Answer:
    """Choose a method and, where it sends a code, send one; not inside a transaction.

    ``typed_number`` is the whole number for text and call. A wrong one counts (L05) and is answered like the right one,
    unless the tenant has people told so. The answer never waits for mail, text or call.
    """
    with transaction.atomic():
        held = _hold(attempt, moves=moves, now=now)
        if held is None:
            return STALE
        situation, _ = held
        if situation.closed.until or not situation.verdict.is_able:
            settling.close_out(situation, now=now)
            return Answer(outcome=Outcome.ENDED)
        if situation.way(gate) is None:
            return Answer(outcome=Outcome.STALE)
        if gate not in SENDING:
            settling.choose(situation, gate, now=now)
            return Answer(outcome=Outcome.CHOSEN)
        return Answer(outcome=_send(situation, gate, typed_number=typed_number, now=now))


@sensitive_variables()
def check(
    attempt: RecoveryAttempt,
    *,
    gate: Gate,
    typed: str = "",
    answers: Mapping[str, str] | None = None,
    moves: int,
    now: datetime,
) -> Answer:
    """Judge a proof; not inside a transaction. Answers to questions cost one hash each, every other proof none.

    ``answers`` are those to the questions that the form of ``moves`` asked, by their keys.
    """
    if gate is Gate.QUESTIONS:
        return _check_questions(attempt, answers or {}, moves=moves, now=now)
    with transaction.atomic():
        held = _hold_open(attempt, gate, moves=moves, now=now)
        if isinstance(held, Answer):
            return held
        situation, others = held
        judged = proofs.judge_proof(situation, gate, typed=typed, now=now)
        return _settle(situation, gate, judged, others, now=now)


@sensitive_variables()
def _check_questions(attempt: RecoveryAttempt, answers: Mapping[str, str], *, moves: int, now: datetime) -> Answer:
    """Spend the form first, hash with no lock held, and settle under the lock: a form is judged once."""
    gate = Gate.QUESTIONS
    with transaction.atomic():
        held = _hold_open(attempt, gate, moves=moves, now=now)
        if isinstance(held, Answer):
            return held
        situation, _ = held
        asked = situation.questions(moves)
        stored = proofs.stored_answers(situation, asked)
    judged = proofs.judge_answers(stored, answers)
    with transaction.atomic():
        held = _hold_open(attempt, gate, moves=moves + 1, now=now, is_new_post=False)
        if isinstance(held, Answer):
            return held
        situation, others = held
        return _settle(situation, gate, judged, others, now=now)


def _hold(
    attempt: RecoveryAttempt, *, moves: int, now: datetime, is_new_post: bool = True
) -> tuple[Situation, list[RecoveryAttempt]] | None:
    """Take every open attempt of the account, spend the form, and read what holds now; None where it is stale."""
    held = hold(attempt, states=PROVING, moves=moves, now=now, is_new_post=is_new_post)
    if held is None:
        return None
    situation = look(attempt, now=now)
    if attempt.state == State.PROVE_TWO and situation.verdict.is_able and not situation.proven:
        # The first proof counts no longer: its method or its place is not theirs any more.
        settling.begin_anew(situation, now=now)
        return None
    return situation, held


def _hold_open(
    attempt: RecoveryAttempt, gate: Gate, *, moves: int, now: datetime, is_new_post: bool = True
) -> tuple[Situation, list[RecoveryAttempt]] | Answer:
    """Hold what a proof needs; or say that the attempt is over, or that the method is not there to be proven."""
    held = _hold(attempt, moves=moves, now=now, is_new_post=is_new_post)
    if held is None:
        return STALE
    situation = held[0]
    if situation.closed.until or not situation.verdict.is_able:
        settling.close_out(situation, now=now)
        return Answer(outcome=Outcome.ENDED)
    is_chosen = gate not in SENDING or situation.attempt.chosen_gate == gate
    return held if is_chosen and situation.way(gate) is not None else STALE


def _settle(
    situation: Situation, gate: Gate, judged: proofs.Judged, others: list[RecoveryAttempt], *, now: datetime
) -> Answer:
    if judged is proofs.Judged.RIGHT and not situation.is_decoy:
        return Answer(outcome=Outcome.RIGHT, cookie=settling.settle_right(situation, gate, others, now=now))
    if judged in (proofs.Judged.DEAD, proofs.Judged.SPENT):
        settling.tell_over_code(situation, now=now)
        return Answer(outcome=Outcome.EXPIRED if judged is proofs.Judged.DEAD else Outcome.SPENT)
    locked = settling.settle_wrong(situation, gate, others, now=now)
    return Answer(outcome=Outcome.ENDED if locked else Outcome.WRONG)


@sensitive_variables()
def _send(situation: Situation, gate: Gate, *, typed_number: str, now: datetime) -> Outcome:
    """Count, and put a code on its way where everything is right; the answer is the same where it is not."""
    attempt = situation.attempt
    if gate in paused_gates(situation, now=now):
        return Outcome.PAUSED
    value = situation.value(gate)
    if gate in locks.PHONES:
        is_right = sending.is_same_number(typed_number, value)
        if locks.count_number(attempt.subject, is_right=is_right, now=now):
            settling.lock(situation, gate, limit="L05", now=now)
            return Outcome.ENDED
        if not is_right and situation.policy.explain_reason:
            settling.tell_other_number(situation, now=now)
            return Outcome.OTHER_NUMBER
        value = value if is_right else ""
    if not locks.count_send(attempt.subject, gate, now=now):
        return Outcome.ENDED if settling.pause(situation, gate, now=now) else Outcome.PAUSED
    settling.choose(situation, gate, now=now)
    sending.send(situation, gate, value=value, now=now)
    return Outcome.SENT


def _offered(situation: Situation, *, now: datetime) -> list[OfferedGate]:
    paused = paused_gates(situation, now=now)
    ways = situation.offered if not situation.closed.until and situation.verdict.is_able else ()
    return [
        OfferedGate(gate=way.gate, masked=_masked(situation, way.gate), is_paused=way.gate in paused) for way in ways
    ]


def _masked(situation: Situation, gate: Gate) -> str:
    if situation.is_decoy:
        return decoy_mask(gate, situation.attempt)
    return mask(gate, situation.value(gate))
