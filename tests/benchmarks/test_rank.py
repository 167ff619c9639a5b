"""The rank test tells like samples from unlike ones, and agrees with worked examples."""

from __future__ import annotations

import random

import pytest

from tests.benchmarks.rank import rank_test


def test_samples_that_do_not_overlap_differ_for_certain() -> None:
    found = rank_test([float(n) for n in range(20)], [float(n) for n in range(100, 120)])

    assert found.p < 1e-6
    assert found.first_is_greater == 0


def test_equal_samples_do_not_differ() -> None:
    values = [float(n) for n in range(30)]

    found = rank_test(values, list(values))

    assert found.p > 0.9
    assert found.first_is_greater == 0.5


def test_p_agrees_with_the_normal_approximation_worked_by_hand() -> None:
    # U = 16 of 64 pairs; z = (|16 - 32| - 0.5) / sqrt(8 * 8 * 17 / 12) = 1.628; two-sided p = 0.1036.
    first, second = [1, 2, 3, 4, 9, 10, 11, 12], [5, 6, 7, 8, 13, 14, 15, 16]

    found = rank_test(first, second)

    assert found.first_is_greater == 16 / 64
    assert found.p == pytest.approx(0.1036, abs=0.0002)


def test_ties_share_their_mean_rank() -> None:
    found = rank_test([1.0] * 10 + [2.0] * 10, [1.0] * 10 + [2.0] * 10)

    assert (found.p, found.first_is_greater) == (1.0, 0.5)


def test_values_that_are_all_alike_do_not_differ() -> None:
    assert rank_test([3.0] * 10, [3.0] * 10).p == 1.0


def test_shift_of_half_a_deviation_is_seen_in_three_hundred() -> None:
    chance = random.Random(7)
    first = [chance.gauss(0, 1) for _ in range(300)]
    second = [chance.gauss(0.5, 1) for _ in range(300)]

    assert rank_test(first, second).p < 0.001


def test_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least eight"):
        rank_test([1.0] * 7, [1.0] * 20)
