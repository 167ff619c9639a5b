"""Who could not reset their password any more after a change of the settings: counted and named before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sspr.crowd import Stance, load_crowd
from sspr.eligibility import judge
from sspr.facts import available_gates
from sspr.models import SsprPolicy
from users.models import User

NAMED: Final = 50
"""People who are named; of the others the number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOut:
    """How many of those ``before`` who can reset now could not any more, and the first of them by name."""

    count: int
    before: int
    people: tuple[User, ...] = ()

    @property
    def others(self) -> int:
        """Return how many are counted and not named."""
        return self.count - len(self.people)


def count_lock_out(before: SsprPolicy, after: SsprPolicy, *, now: datetime) -> LockOut:
    """Compare who can reset under both settings; a fixed number of queries, however many people there are."""
    available, available_later = available_gates(before), available_gates(after)
    crowd = load_crowd(before.tenant, policy=before, other=after)

    def is_able(stance: Stance) -> bool:
        return judge(stance.facts, policy=before, tenant=before.tenant, available=available).is_able

    def is_lost(stance: Stance) -> bool:
        later = judge(stance.under_other(), policy=after, tenant=after.tenant, available=available_later)
        return is_able(stance) and not later.is_able

    count = crowd.count(is_lost)
    people = crowd.chosen(is_lost).read(rows=NAMED) if count else []
    return LockOut(count=count, before=crowd.count(is_able), people=tuple(people))
