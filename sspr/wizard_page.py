"""What a page of the wizard shows of its attempt, for templates that hold no logic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sspr.flow import State
from sspr.gate_words import NUMBERS, WORDS, GateWords
from sspr.models import Gate, RecoveryAttempt
from sspr.services.verify import OfferedGate, StepView
from users.moments import tell_moment

WAIT: Final = timedelta(seconds=10)
"""After this time without arrival the page offers to try again."""
SAID: Final[dict[str, str | Promise]] = {
    "wrong": _("That is not right. Check it and try again."),
    "no_code": _("Type the code. Nothing was tried yet."),
    "no_number": _("Type the whole number, with its country code. Nothing was sent yet."),
    "no_answer": _("Answer every question. Nothing was tried yet."),
    "spent": _("That was tried too often. Ask for a new code."),
    "expired": _("This code is over. Ask for a new one."),
    "paused": _("Nothing more is sent this way for now. Choose another way, or come back later."),
    "early": _("It is too early. Nothing was changed; the reset still waits."),
    "choose": _("Choose one of the two."),
    "number": _("That is not the number on file. Type the whole number, with its country code."),
    "stale": _("This page was not the newest one. Go on here."),
}
"""What a step says about the one before; nothing else comes in by the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One method in the list."""

    gate: str
    words: GateWords
    is_current: bool
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPage:
    """A verification step: the list, and the method that is open beside it."""

    choices: Sequence[Choice]
    gate: str
    words: GateWords
    hint: str
    asks_number: bool
    is_sent: bool
    is_paused: bool
    wait_seconds: int
    questions: Sequence[tuple[str, str]]


def proof_page(view: StepView, *, wanted: str, questions: Sequence[tuple[str, str]], now: datetime) -> ProofPage | None:
    """Return the page of a verification step; ``wanted`` is the method that the reader opened, if it is offered."""
    current = _current(view, wanted)
    if current is None:
        return None
    words = WORDS[current.gate]
    sent_at = view.sent_at if view.chosen is current.gate else None
    left = (sent_at + WAIT - now).total_seconds() if sent_at else 0
    return ProofPage(
        choices=[
            Choice(
                gate=offered.gate.value,
                words=WORDS[offered.gate],
                is_current=offered is current,
                is_paused=offered.is_paused,
            )
            for offered in view.gates
        ],
        gate=current.gate.value,
        words=words,
        hint=str(words.hint) % {"masked": current.masked},
        asks_number=current.gate in NUMBERS,
        is_sent=sent_at is not None,
        is_paused=current.is_paused,
        wait_seconds=max(0, int(left)),
        questions=questions,
    )


def waiting_page(attempt: RecoveryAttempt, *, now: datetime) -> dict[str, object]:
    """Return until when an administrator waits, and whether that is over."""
    until = attempt.wait_until or now
    told = tell_moment(until, tenant=attempt.tenant, language=get_language() or "en") if attempt.tenant else ""
    return {"until": told, "is_over": now >= until}


def progress_of(attempt: RecoveryAttempt) -> tuple[int, int, Sequence[tuple[str | Promise, bool]]]:
    """Return which of the named steps this is, of how many, and their names with whether each is the one of now.

    How many there are is 0, and the later ones go unnamed, until a proof was right: two would tell an administrator.
    Before the first verification step there is nothing to count.
    """
    if attempt.state == State.PROVE_ONE:
        return 1, 0, [(_("verification step 1"), True)]
    two = attempt.gates_required > 1
    names: list[tuple[str | Promise, State]] = [(_("verification step 1"), State.PROVE_ONE)]
    if two:
        names.append((_("verification step 2"), State.PROVE_TWO))
    if attempt.wait_until:
        names.append((_("wait"), State.WAITING))
    last = State.UNLOCK if attempt.is_unlock else State.NEW_PASSWORD
    names.append((_("unlock the account") if attempt.is_unlock else _("choose a new password"), last))
    here = next((place for place, (_name, state) in enumerate(names) if state == attempt.state), -1)
    if here < 0:
        return 0, 0, []  # it has not come to them, or is over
    return here + 1, len(names), [(name, state == attempt.state) for name, state in names]


def _current(view: StepView, wanted: str) -> OfferedGate | None:
    for name in (wanted, view.chosen.value if view.chosen else ""):
        found = next((offered for offered in view.gates if offered.gate.value == name), None)
        if found:
            return found
    open_ones = [offered for offered in view.gates if not offered.is_paused]
    preferred = next((offered for offered in open_ones if offered.gate is view.preferred), None)
    return preferred or next(iter(open_ones or view.gates), None)


def gate_of(text: str) -> Gate | None:
    """Return the method of this name, if there is one."""
    return next((gate for gate in Gate if gate.value == text), None)
