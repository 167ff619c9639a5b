"""Which telephone numbers texts and calls go to, told by blocks of numbers: a hundred thousand are few thousand blocks.

Numbers of one length that differ in their last three signs alone are of one country and one kind, but for short ones.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final
from uuid import UUID

from adminportal.queries import fetch
from users.services.sending_limits import is_allowed, region_reached

LEFT_OUT: Final = 3
"""Last signs in which the numbers of one block differ."""
WHOLE_UP_TO: Final = 13
"""Signs up to which a number is a block of its own: of a short one the last digits tell."""
MOST_BLOCKS: Final = 200_000
"""Blocks that a process remembers, of the largest organisations; some 40 MB at most."""

BLOCKS: Final = """
    SELECT block, MIN(value) FROM (
        SELECT {block} AS block, value FROM users_authenticationmethod
        WHERE tenant_id = %s AND value <> '' AND kind IN ('mobile_phone', 'alternate_phone', 'office_phone')
        UNION ALL SELECT {block}, value FROM users_contact
        WHERE tenant_id = %s AND value <> '' AND kind IN ('mobile_phone', 'office_phone')
    ) numbers GROUP BY block
"""


def is_in_reach(number: str, countries: frozenset[str]) -> bool:
    """Tell whether texts and calls go to a number: it is of no costly kind, and of one of the countries that are named.

    Says what ``may_reach`` says, of each number of a block by the first one.
    """
    return is_allowed(_region_of(_first_of_block(number)), countries)


def blocks_out_of_reach(tenant_id: UUID, *lists: Collection[str]) -> list[tuple[str, ...]]:
    """Return for each of these lists of countries the blocks of the tenant that nothing is sent to; one query."""
    rows = fetch(BLOCKS.format(block=block_sql("value")), [tenant_id, tenant_id], uuid_columns=())
    regions = {block: _region_of(_first_of_block(number)) for block, number in rows}
    named = [frozenset(countries) for countries in lists]
    return [tuple(block for block, region in regions.items() if not is_allowed(region, each)) for each in named]


def block_sql(number: str) -> str:
    """Return the block of a number in SQL; ``number`` is an expression."""
    return (
        f"(CASE WHEN LENGTH({number}) <= {WHOLE_UP_TO} THEN {number} "
        f"ELSE SUBSTR({number}, 1, LENGTH({number}) - {LEFT_OUT}) || '{'*' * LEFT_OUT}' END)"
    )


def _first_of_block(number: str) -> str:
    """Return a number with zeros as its last digits, unless it is short."""
    if len(number) <= WHOLE_UP_TO:
        return number
    return number[:-LEFT_OUT] + "".join("0" if sign.isdecimal() else sign for sign in number[-LEFT_OUT:])


@lru_cache(maxsize=MOST_BLOCKS)
def _region_of(first_of_block: str) -> str:
    return region_reached(first_of_block)
