"""Limits of what is sent to a destination, whoever asks for it, and of typed codes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from adminportal.throttle.kinds import Limit, Store

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)

_ROWS: Final[tuple[tuple[str, str, str, int, timedelta], ...]] = (
    ("L12", "text message", "number, in all organisations", 3, HOUR),
    ("L12_DAY", "text message", "number, in all organisations", 10, DAY),
    ("L13", "code by e-mail", "address, in all organisations", 10, HOUR),
    ("L13_DAY", "code by e-mail", "address, in all organisations", 30, DAY),
    ("L14", "text message or call", "prefix: all digits but the last four", 20, HOUR),
    ("L16", "call", "number, in all organisations", 2, HOUR),
    ("L16_DAY", "call", "number, in all organisations", 5, DAY),
    ("L22", "code for a change of contact data or methods", "person", 5, HOUR),
    ("L22_DAY", "code for a change of contact data or methods", "person", 10, DAY),
    ("SECOND_FACTOR", "codes typed as second factor or fresh proof", "person", 5, timedelta(minutes=15)),
    ("SECOND_FACTOR_DAY", "codes typed as second factor or fresh proof", "person", 30, DAY),
    ("START_ALERT", "alert that attempts to reset passwords are many", "tenant", 1, HOUR),
    ("SMS_ALERT", "alert that text messages or calls were held back", "organisation and reason", 1, HOUR),
)
_BUDGETS: Final[tuple[tuple[str, str, int], ...]] = (
    ("L15", "organisation", 500),
    ("L15_INSTALLATION", "installation", 5_000),
)

SENDING: Final = tuple(
    Limit(name=name, what=what, key=key, number=number, window=window, store=Store.DATABASE)
    for name, what, key, number, window in _ROWS
) + tuple(
    Limit(
        name=name,
        what="text messages and calls of a day",
        key=key,
        number=number,
        window=DAY,
        store=Store.DATABASE,
        grain=timedelta(minutes=15),
    )
    for name, key, number in _BUDGETS
)
