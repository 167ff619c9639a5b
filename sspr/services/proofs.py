"""Judges what was typed as a proof; the same statements and hashes for somebody who is not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.contrib.auth.hashers import check_password
from django.views.decorators.debug import sensitive_variables

from adminportal.hashing import verify_dummy
from adminportal.queries import fetch, places
from sspr.facts import NOBODY
from sspr.models import Gate
from sspr.questions import normal_form
from sspr.situation import Situation
from users.models.challenge import Purpose
from users.services import challenges
from users.services.authenticators import check_totp
from users.services.challenges import CodeAnswer
from users.services.recovery_codes import use_recovery_code

ANSWERS: Final = """
    SELECT question, answer FROM sspr_securityanswer WHERE user_id = %s AND question IN ({questions})
"""


class Judged(StrEnum):
    """What a proof was; SPENT after five tries of one code, DEAD where no code waits or its time is over."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    DEAD = "dead"


OF_CODES: Final = {
    CodeAnswer.RIGHT: Judged.RIGHT,
    CodeAnswer.WRONG: Judged.WRONG,
    CodeAnswer.SPENT: Judged.SPENT,
    CodeAnswer.EXPIRED: Judged.DEAD,
    CodeAnswer.NONE: Judged.DEAD,
}


@sensitive_variables()
def judge_proof(situation: Situation, gate: Gate, *, typed: str, now: datetime) -> Judged:
    """Judge a code of any kind, and spend it where it is right; inside the step's transaction."""
    if gate is Gate.APP:
        return Judged.RIGHT if check_totp(situation.user, typed, now=now) else Judged.WRONG
    if gate is Gate.RECOVERY_CODE:
        return Judged.RIGHT if use_recovery_code(situation.user, typed, now=now) else Judged.WRONG
    answer = challenges.check(
        bound_to=situation.attempt.pk,
        purpose=Purpose.SELF_SERVICE,
        typed=typed,
        method=gate.value,
        destination=situation.value(gate),
        now=now,
    )
    return OF_CODES[answer]


def stored_answers(situation: Situation, asked: list[str]) -> dict[str, str]:
    """Return the hashes of the answers to these questions, empty where there is none; one query."""
    owner = situation.user.pk if situation.user else NOBODY
    found = dict(fetch(ANSWERS.format(questions=places(len(asked))), [owner, *asked], uuid_columns=()))
    return {key: found.get(key, "") for key in asked}


@sensitive_variables()
def judge_answers(stored: Mapping[str, str], typed: Mapping[str, str]) -> Judged:
    """Compare all answers, each at the cost of one hash whatever the others were; no lock may be held.

    :raises HashingBusy: when no hash slot came free in time.
    """
    fits = [_fits(hashed, normal_form(typed.get(key, ""))) for key, hashed in stored.items()]
    return Judged.RIGHT if fits and all(fits) else Judged.WRONG


@sensitive_variables()
def _fits(hashed: str, answer: str) -> bool:
    if not hashed:
        verify_dummy(answer)
        return False
    return check_password(answer, hashed)
