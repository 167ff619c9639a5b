"""What a channel promises the dispatcher."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from adminportal.outbox.content import Parcel
from adminportal.outbox.models import Failure


class SendingFailed(Exception):
    """Sending did not succeed; carries the reason as a code and what the other side said."""

    def __init__(self, code: Failure, detail: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = detail


class TemporaryFailure(SendingFailed):
    """Nothing was sent, and a later attempt may succeed, not before the seconds that the other side asked for."""

    def __init__(self, code: Failure, detail: str = "", *, retry_after_seconds: int = 0) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds


class PermanentFailure(SendingFailed):
    """Nothing was sent, and the same message will be refused again."""


class UncertainOutcome(SendingFailed):
    """All of it was handed over, but the answer never came: it may have arrived."""


class TooLate(Exception):
    """The last moment passed before the message was handed over; nothing was sent."""


class ChannelUnavailable(Exception):
    """The operator has set up no such channel."""


class Channel(Protocol):
    """Sends parcels over one connection, from its first use until it is closed."""

    def send(self, parcel: Parcel, *, last_moment: datetime) -> str:
        """Hand one parcel over and return the other side's id for it.

        :raises TooLate: when ``last_moment`` passed before the content left.
        :raises TemporaryFailure: when it may be tried again later.
        :raises PermanentFailure: when trying again is useless.
        :raises UncertainOutcome: when the content left and no answer came.
        """
        ...

    def close(self) -> None:
        """End the connection; the channel may be used again and then connects anew."""
        ...
