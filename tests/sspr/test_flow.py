"""The state machine of the wizard: its table, its drawing, and what no walk through it can do."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from sspr.flow import ENDS, OPEN, PROVEN, PROVING, TRANSITIONS, Event, IllegalStep, State, diagram, next_state

DOC = Path(__file__).resolve().parents[2] / "docs" / "sspr-flow.md"


def drawn_edges(drawing: str) -> set[tuple[State, Event, State]]:
    """Read the edges of a drawing; one out of the box ``going_on`` stands for one out of each state in it."""
    edges = set()
    for start, end, event in re.findall(r"(\w+) --> (\w+): (.+)", drawing):
        for state in OPEN if start == "going_on" else (State(start),):
            edges.add((state, Event(event.strip()), State(end)))
    return edges


def walks_from(state: State, *, leaving_out: frozenset[Event]) -> set[State]:
    """Return every state that can be reached without some events."""
    seen, todo = {state}, [state]
    while todo:
        here = todo.pop()
        for (start, event), end in TRANSITIONS.items():
            if start is here and event not in leaving_out and end not in seen:
                seen.add(end)
                todo.append(end)
    return seen


def test_drawing_in_the_docs_is_the_table() -> None:
    drawing = DOC.read_text().partition("```mermaid\n")[2].partition("\n```")[0]

    assert drawing == diagram()
    assert drawn_edges(drawing) == {(state, event, end) for (state, event), end in TRANSITIONS.items()}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)), ids=lambda each: each.name)
def test_whatever_stands_in_no_row_cannot_happen(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(IllegalStep):
        next_state(state, event)


def test_ends_lead_nowhere_and_every_other_state_has_its_ways_out() -> None:
    starts = {state for state, _ in TRANSITIONS}

    assert starts == {State.IDENTIFY, *OPEN}
    assert ENDS.isdisjoint(starts)
    assert set(State) == {State.IDENTIFY, *OPEN, *ENDS}
    for state in OPEN:
        assert next_state(state, Event.RAN_OUT) is State.ABANDONED
        assert next_state(state, Event.LIMIT) is State.LOCKED


def test_no_walk_without_a_right_proof_reaches_a_new_password_or_an_unlock() -> None:
    proofs = frozenset(event for event in Event if event.name.startswith("PROVED"))

    reached = walks_from(State.IDENTIFY, leaving_out=proofs)

    assert reached.isdisjoint({*PROVEN, State.PROVE_TWO, State.DONE, State.UNLOCKED})


def test_only_a_set_password_or_an_unlock_is_a_success_and_each_has_one_way_in() -> None:
    ways_in = {end: [start for (start, _), found in TRANSITIONS.items() if found is end] for end in State}

    assert ways_in[State.DONE] == [State.NEW_PASSWORD]
    assert ways_in[State.UNLOCKED] == [State.UNLOCK]
    assert set(ways_in[State.NEW_PASSWORD]) == {*PROVING, State.WAITING, State.NEW_PASSWORD}
    assert set(ways_in[State.UNLOCK]) == set(PROVING)
    assert set(ways_in[State.WAITING]) == {State.PROVE_TWO, State.NEW_PASSWORD}
