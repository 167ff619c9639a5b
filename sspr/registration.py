"""What somebody still has to register, and in which order it is offered: the strongest first. No query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sspr.eligibility import ADMIN_GATES, ALL_GATES, PersonFacts, Way, count_apart, required_of
from sspr.models import Gate, Reach, SsprPolicy

IN_REACH: Final = frozenset({"", "SSPR_0010", "SSPR_0014"})
"""Codes of people who are asked to register; for all others it would lead nowhere."""


class Item(StrEnum):
    """What can be set up, the strongest first."""

    APP = "app"
    PHONE = "phone"
    OFFICE = "office"
    EMAIL = "email"
    QUESTIONS = "questions"


GATES_OF: Final[dict[Item, tuple[Gate, ...]]] = {
    Item.APP: (Gate.APP,),
    Item.PHONE: (Gate.MOBILE_SMS, Gate.MOBILE_VOICE),
    Item.OFFICE: (Gate.OFFICE_VOICE,),
    Item.EMAIL: (Gate.EMAIL,),
    Item.QUESTIONS: (Gate.QUESTIONS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing that brings the person further; ``steps`` is how many methods are missing if it comes first."""

    item: Item
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is missing: nothing, or things of which one comes first. ``have`` methods count already."""

    have: int
    required: int
    choices: tuple[Choice, ...] = ()

    @property
    def is_met(self) -> bool:
        """Tell whether the person has as many methods as are required."""
        return self.have >= self.required

    @property
    def is_open(self) -> bool:
        """Tell whether something is missing that the person can set up."""
        return not self.is_met and bool(self.choices)

    def offers(self, item: Item) -> Choice | None:
        """Return the choice of one thing, where it brings the person further."""
        return next((choice for choice in self.choices if choice.item is item), None)


def need_of(facts: PersonFacts, *, policy: SsprPolicy, available: Collection[Gate] = ALL_GATES) -> Need:
    """Say what somebody still has to register under these settings.

    An office phone is offered only to whom the organization knows an office number of.
    """
    have, required = count_apart(facts, policy=policy, available=available), required_of(facts, policy)
    if have >= required:
        return Need(have=have, required=required)
    choices = []
    for item in Item if _can_be_met(facts, policy, available) else ():
        after = _with(facts, item, policy)
        gained = count_apart(after, policy=policy, available=available) > have
        if gained and (item is not Item.OFFICE or _knows_office(facts)):
            choices.append(Choice(item=item, steps=max(required_of(after, policy) - have, 1)))
    return Need(have=have, required=required, choices=tuple(choices))


def is_in_reach(code: str, facts: PersonFacts, policy: SsprPolicy) -> bool:
    """Tell whether self-service is there for the person; while it is off for everybody, nobody is asked."""
    return policy.reach != Reach.NONE and code in IN_REACH


def may_answer_questions(facts: PersonFacts, policy: SsprPolicy) -> bool:
    """Tell whether the person may register security questions: never whoever holds any role."""
    return Gate.QUESTIONS in policy.gates and not facts.held


def _can_be_met(facts: PersonFacts, policy: SsprPolicy, available: Collection[Gate]) -> bool:
    """Tell whether everything that can be set up would be enough: who cannot succeed is not asked to begin."""
    allowed = (ADMIN_GATES if facts.is_protected else {Gate(gate) for gate in policy.gates}) & set(available)
    for item in Item:
        if item is not Item.OFFICE and allowed.intersection(GATES_OF[item]):
            facts = _with(facts, item, policy)
    return count_apart(facts, policy=policy, available=available) >= required_of(facts, policy)


def _with(facts: PersonFacts, item: Item, policy: SsprPolicy) -> PersonFacts:
    """Return the facts as they would be with this item set up anew."""
    gates = GATES_OF[item]
    disabled = facts.disabled.difference(gates)
    if item is Item.QUESTIONS:
        return replace(facts, answers=policy.questions_to_register, disabled=disabled)
    kept = tuple(way for way in facts.ways if way.gate not in gates)
    return replace(facts, ways=(*kept, *(Way(gate=gate, key=f"new {item}") for gate in gates)), disabled=disabled)


def _knows_office(facts: PersonFacts) -> bool:
    return any(way.gate is Gate.OFFICE_VOICE for way in facts.ways)
