"""The wizard as one state machine: every state, every event, and where each leads. Pure.

Nothing else moves an attempt: services ask :func:`next_state`, and what stands in no row of the table cannot happen.
``docs/sspr-flow.md`` is drawn from the same table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an attempt stands; the first is a page without a row, those of :data:`ENDS` are final."""

    IDENTIFY = "identify"
    REASON = "reason"
    PROVE_ONE = "prove_one"
    PROVE_TWO = "prove_two"
    WAITING = "waiting"
    NEW_PASSWORD = "new_password"  # noqa: S105  # the name of a state
    UNLOCK = "unlock"
    DONE = "done"
    UNLOCKED = "unlocked"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    REPLACED = "replaced"
    LOCKED = "locked"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"


class Event(StrEnum):
    """What happens to an attempt."""

    NAMED = "user ID given"
    NAMED_WITH_CHOICE = "user ID given, unlock allowed"
    TOLD_WHY = "user ID given, told why not"
    FORGOT = "forgot the password"
    REMEMBERS = "knows the password"
    CHOSE = "chose a method"
    WRONG = "wrong proof"
    PROVED_ONE = "right proof, one more needed"
    PROVED_ALL = "right proof, enough"
    PROVED_ALL_TO_UNLOCK = "right proof, enough to unlock"
    PROVED_ALL_TO_WAIT = "right proof, enough, an administrator waits"
    MUST_WAIT = "an administrator has to wait now"
    WAITED = "nobody stopped it in time"
    MORE_NEEDED = "one more proof needed now"
    NOTHING_COUNTS = "no proof counts any more"
    UNFIT = "password refused"
    RESET = "password set"
    OPENED = "account unlocked"
    CANCEL = "cancelled"
    RAN_OUT = "15 minutes over"
    OVERTAKEN = "a newer attempt proved more"
    LIMIT = "too many wrong proofs"
    FORBIDDEN = "no longer allowed"
    TOO_MANY_POSTS = "60 posts"


class IllegalStep(Exception):
    """The event cannot happen in this state; the arguments name both."""


ENDS: Final = frozenset(
    {
        State.DONE,
        State.UNLOCKED,
        State.CANCELLED,
        State.ABANDONED,
        State.REPLACED,
        State.LOCKED,
        State.REFUSED,
        State.EXHAUSTED,
    }
)
PROVING: Final = (State.PROVE_ONE, State.PROVE_TWO)
"""States in which a method is chosen and proven."""
PROVEN: Final = (State.WAITING, State.NEW_PASSWORD, State.UNLOCK)
"""States that only enough proof leads to."""
OPEN: Final = (State.REASON, *PROVING, *PROVEN)
"""States of an attempt that goes on."""

_STEPS: Final[dict[tuple[State, Event], State]] = {
    (State.IDENTIFY, Event.NAMED): State.PROVE_ONE,
    (State.IDENTIFY, Event.NAMED_WITH_CHOICE): State.REASON,
    (State.IDENTIFY, Event.TOLD_WHY): State.REFUSED,
    (State.REASON, Event.FORGOT): State.PROVE_ONE,
    (State.REASON, Event.REMEMBERS): State.PROVE_ONE,
    (State.PROVE_ONE, Event.CHOSE): State.PROVE_ONE,
    (State.PROVE_ONE, Event.WRONG): State.PROVE_ONE,
    (State.PROVE_ONE, Event.PROVED_ONE): State.PROVE_TWO,
    (State.PROVE_ONE, Event.PROVED_ALL): State.NEW_PASSWORD,
    (State.PROVE_ONE, Event.PROVED_ALL_TO_UNLOCK): State.UNLOCK,
    (State.PROVE_TWO, Event.CHOSE): State.PROVE_TWO,
    (State.PROVE_TWO, Event.WRONG): State.PROVE_TWO,
    (State.PROVE_TWO, Event.PROVED_ALL): State.NEW_PASSWORD,
    (State.PROVE_TWO, Event.PROVED_ALL_TO_UNLOCK): State.UNLOCK,
    (State.PROVE_TWO, Event.PROVED_ALL_TO_WAIT): State.WAITING,
    (State.PROVE_TWO, Event.NOTHING_COUNTS): State.PROVE_ONE,
    (State.WAITING, Event.MORE_NEEDED): State.PROVE_TWO,
    (State.WAITING, Event.NOTHING_COUNTS): State.PROVE_ONE,
    (State.WAITING, Event.WAITED): State.NEW_PASSWORD,
    (State.NEW_PASSWORD, Event.UNFIT): State.NEW_PASSWORD,
    (State.NEW_PASSWORD, Event.MUST_WAIT): State.WAITING,
    (State.NEW_PASSWORD, Event.MORE_NEEDED): State.PROVE_TWO,
    (State.NEW_PASSWORD, Event.NOTHING_COUNTS): State.PROVE_ONE,
    (State.NEW_PASSWORD, Event.RESET): State.DONE,
    (State.UNLOCK, Event.MORE_NEEDED): State.PROVE_TWO,
    (State.UNLOCK, Event.NOTHING_COUNTS): State.PROVE_ONE,
    (State.UNLOCK, Event.OPENED): State.UNLOCKED,
}
_WAYS_OUT: Final[dict[Event, State]] = {
    Event.CANCEL: State.CANCELLED,
    Event.RAN_OUT: State.ABANDONED,
    Event.OVERTAKEN: State.REPLACED,
    Event.LIMIT: State.LOCKED,
    Event.FORBIDDEN: State.REFUSED,
    Event.TOO_MANY_POSTS: State.EXHAUSTED,
}

TRANSITIONS: Final[dict[tuple[State, Event], State]] = _STEPS | {
    (state, event): end for state in OPEN for event, end in _WAYS_OUT.items()
}
"""The whole machine."""


def next_state(state: State, event: Event) -> State:
    """Return where an event leads.

    :raises IllegalStep: when it cannot happen in this state.
    """
    if (state, event) not in TRANSITIONS:
        raise IllegalStep(state.value, event.value)
    return TRANSITIONS[state, event]


def diagram() -> str:
    """Return the machine as a Mermaid state diagram; the ways out of every open state are drawn from one box."""
    lines = ["stateDiagram-v2", "    [*] --> identify"]
    lines += ["    state going_on {"]
    lines += [
        f"        {state} --> {end}: {event}"
        for (state, event), end in _STEPS.items()
        if state is not State.IDENTIFY and end in OPEN
    ]
    lines += ["    }"]
    lines += [
        f"    {state} --> {end}: {event}"
        for (state, event), end in _STEPS.items()
        if state is State.IDENTIFY or end not in OPEN
    ]
    lines += [f"    going_on --> {end}: {event}" for event, end in _WAYS_OUT.items()]
    lines += [f"    {state} --> [*]" for state in State if state in ENDS]
    return "\n".join(lines)
