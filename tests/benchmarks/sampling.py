"""Takes samples of several things in turn, so that whatever disturbs the machine disturbs them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

WARM_UP = 3


def alternate(measures: Mapping[str, Callable[[int], float]], *, rounds: int) -> dict[str, list[float]]:
    """Run every measure once a round, first and last changing places, and return the seconds of each.

    Each gets the number of the round; the first ``WARM_UP`` rounds do not count.
    """
    names = list(measures)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + WARM_UP):
        for name in names if number % 2 else reversed(names):
            seconds = measures[name](number)
            if number >= WARM_UP:
                samples[name].append(seconds)
    return samples


def milliseconds(samples: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each in milliseconds."""
    return {name: round(median(values) * 1000, 2) for name, values in samples.items()}
