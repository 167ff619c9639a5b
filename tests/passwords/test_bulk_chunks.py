"""Into which chunks the people of a job fall: full ones, and small ones at the end of a large job."""

from __future__ import annotations

from collections import Counter

import pytest

from adminportal.queries import fetch
from passwords.services.bulk_selection import CHUNK_SIZE, LARGE, LAST, LAST_SIZE, chunk_of, chunk_sql

TOTALS = [1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, LARGE, LARGE + 1, LARGE + CHUNK_SIZE, 10 * CHUNK_SIZE + 7]


@pytest.mark.parametrize("total", TOTALS)
def test_chunks_follow_each_other_and_are_never_too_large(total: int) -> None:
    numbers = [chunk_of(position, total=total) for position in range(total)]

    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(numbers[-1] + 1))
    assert max(Counter(numbers).values()) <= CHUNK_SIZE


def test_last_people_of_a_large_job_are_in_small_chunks() -> None:
    total = 10 * CHUNK_SIZE
    sizes = Counter(chunk_of(position, total=total) for position in range(total))

    assert [sizes[number] for number in range(8)] == [CHUNK_SIZE] * 8
    assert {size for number, size in sizes.items() if number >= 8} <= {LAST_SIZE, LAST % LAST_SIZE}


def test_job_that_is_not_large_has_full_chunks_alone() -> None:
    sizes = Counter(chunk_of(position, total=LARGE) for position in range(LARGE))

    assert set(sizes.values()) == {CHUNK_SIZE}


@pytest.mark.django_db
@pytest.mark.parametrize("total", TOTALS)
def test_database_counts_chunks_alike(total: int) -> None:
    last = max(total - 1, 0)
    asked = f"SELECT {chunk_sql('%s', total=total)}"
    for position in {0, CHUNK_SIZE - 1, CHUNK_SIZE, last // 2, max(last - LAST, 0), max(last - LAST_SIZE, 0), last}:
        ((found,),) = fetch(asked, [position] * asked.count("%s"), uuid_columns=())

        assert found == chunk_of(position, total=total)
