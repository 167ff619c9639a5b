"""Mann–Whitney rank test: do two samples of times come from one distribution?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import erfc, sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """``p`` is two-sided; ``first_is_greater`` is the share of pairs in which the first is, one half if alike."""

    p: float
    first_is_greater: float


def rank_test(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Compare two samples by the normal approximation with correction for ties and continuity.

    :raises ValueError: when a sample has fewer than eight values, for which the approximation is no good.
    """
    n, m = len(first), len(second)
    if min(n, m) < 8:
        raise ValueError("The rank test needs at least eight values on each side.")
    ranks, ties = _ranks([*first, *second])
    u = sum(ranks[:n]) - n * (n + 1) / 2
    total = n + m
    variance = n * m / 12 * (total + 1 - sum(tie**3 - tie for tie in ties) / (total * (total - 1)))
    distance = max(0.0, abs(u - n * m / 2) - 0.5)
    p = erfc(distance / sqrt(2 * variance)) if variance else 1.0
    return RankTest(p=p, first_is_greater=u / (n * m))


def _ranks(values: Sequence[float]) -> tuple[list[float], list[int]]:
    """Return each value's rank from 1, the mean one among equals, and the sizes of the groups of equals."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, ties, before = [0.0] * len(values), [], 0
    for _value, group in groupby(order, key=values.__getitem__):
        places = list(group)
        for place in places:
            ranks[place] = before + (len(places) + 1) / 2
        before += len(places)
        ties.append(len(places))
    return ranks, ties
