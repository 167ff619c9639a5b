"""Every limit of the portal, as named rows of data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Store(StrEnum):
    """Where the hits of a limit are counted."""

    DATABASE = "D"  # holds when Redis is gone; refuses when it cannot count
    REDIS = "R"  # counted in this process while Redis is gone, and so a little too generous


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``number`` hits of one key within any ``window``."""

    name: str
    what: str
    key: str
    number: int
    window: timedelta
    store: Store


class Throttled(Exception):
    """The limit is reached; carries it and the whole seconds until the next hit is allowed."""

    def __init__(self, *, retry_after: int, limit: Limit) -> None:
        super().__init__(limit.name)
        self.retry_after = retry_after
        self.limit = limit


LIMITS: dict[str, Limit] = {
    limit.name: limit
    for limit in (
        # A preview judges everybody who was chosen; each change of an option asks for one.
        Limit(
            name="BULK_PREVIEW",
            what="preview of a bulk job",
            key="administrator",
            number=300,
            window=timedelta(minutes=10),
            store=Store.REDIS,
        ),
        # An answer to a challenge counts once; the window is longer than the life of a challenge.
        Limit(
            name="CAPTCHA_ONCE",
            what="right answer to a challenge",
            key="challenge",
            number=1,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        # A recording is a quarter of a second of work for whoever asks.
        Limit(
            name="CAPTCHA_SOUND",
            what="picture or recording of a challenge",
            key="source",
            number=60,
            window=timedelta(minutes=10),
            store=Store.REDIS,
        ),
        Limit(
            name="CAPTCHA_TRIES",
            what="answer to the picture of a challenge",
            key="challenge",
            number=5,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        # A refusal because of history says that the typed password is the one of now.
        Limit(
            name="HISTORY_ACTOR",
            what="chosen password refused as used before",
            key="administrator",
            number=10,
            window=timedelta(minutes=15),
            store=Store.DATABASE,
        ),
        Limit(
            name="HISTORY_TARGET",
            what="chosen password refused as used before",
            key="person",
            number=10,
            window=timedelta(minutes=15),
            store=Store.DATABASE,
        ),
        Limit(
            name="L21",
            what="one-time link, wrong token",
            key="source",
            number=20,
            window=timedelta(hours=1),
            store=Store.REDIS,
        ),
        Limit(name="L26", what="CSV upload", key="user", number=20, window=timedelta(hours=1), store=Store.REDIS),
        Limit(
            name="SIGN_IN",
            what="sign-in, failures",
            key="source",
            number=100,
            window=timedelta(minutes=10),
            store=Store.REDIS,
        ),
    )
}


def limit_named(name: str) -> Limit:
    """Return the limit of this name.

    :raises LookupError: when there is none.
    """
    if name not in LIMITS:
        raise LookupError(f"There is no limit named {name}.")
    return LIMITS[name]
