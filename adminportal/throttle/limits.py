"""Every limit of the portal, as named rows of data."""

from __future__ import annotations

from datetime import timedelta

from adminportal.throttle.kinds import Limit, Store, Throttled
from adminportal.throttle.sending import SENDING

__all__ = ["LIMITS", "Limit", "Store", "Throttled", "limit_named"]

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
            name="L18",
            what="mail about a request to the administrators, then a digest",
            key="tenant",
            number=20,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L19_ADDRESS",
            what="forgotten user name",
            key="address",
            number=3,
            window=timedelta(hours=24),
            store=Store.DATABASE,
        ),
        Limit(
            name="L19_SOURCE",
            what="forgotten user name",
            key="source",
            number=10,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L01",
            what="start of a self-service reset",
            key="account or decoy name",
            number=5,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L02",
            what="start of a self-service reset, then harder proof of work",
            key="source",
            number=20,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L03",
            what="start of a self-service reset, then harder proof of work",
            key="tenant",
            number=2_000,
            window=timedelta(minutes=10),
            store=Store.REDIS,
        ),
        Limit(
            name="L04",
            what="failure to prove identity in a self-service reset",
            key="account or decoy name",
            number=5,
            window=timedelta(hours=24),
            store=Store.DATABASE,
        ),
        Limit(
            name="L05",
            what="wrong phone number typed in a self-service reset",
            key="account or decoy name",
            number=5,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L06",
            what="wrong app code in a self-service reset",
            key="account or decoy name",
            number=5,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L07",
            what="wrong question answers in a self-service reset",
            key="account or decoy name",
            number=5,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L08",
            what="text message or call of a self-service reset",
            key="account or decoy name",
            number=5,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="L09",
            what="e-mail code of a self-service reset",
            key="account or decoy name",
            number=10,
            window=timedelta(minutes=10),
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
        # Everybody who can sign in can ask for what they may not; the answer stays the same, only the rows end.
        Limit(
            name="REFUSED_PAGE",
            what="audit row of a refused page",
            key="person",
            number=60,
            window=timedelta(hours=1),
            store=Store.DATABASE,
        ),
        Limit(
            name="SIGN_IN",
            what="sign-in, failures, then a challenge",
            key="source",
            number=30,
            window=timedelta(minutes=10),
            store=Store.REDIS,
        ),
        Limit(
            name="SIGN_IN_HARD",
            what="sign-in, failures, then a harder challenge; of fresh proof, a refusal",
            key="source",
            number=100,
            window=timedelta(minutes=10),
            store=Store.REDIS,
        ),
        *SENDING,
    )
}


def limit_named(name: str) -> Limit:
    """Return the limit of this name.

    :raises LookupError: when there is none.
    """
    if name not in LIMITS:
        raise LookupError(f"There is no limit named {name}.")
    return LIMITS[name]
