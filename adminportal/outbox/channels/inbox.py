"""Keeps messages in a table instead of sending them: for a trial on one's own machine, and for tests."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from adminportal import clock
from adminportal.outbox.channels.base import ChannelUnavailable, TooLate
from adminportal.outbox.content import Parcel
from adminportal.outbox.models import DevMessage


class InboxChannel:
    """Writes each parcel, link included, where the trial's inbox page shows it."""

    def __init__(self) -> None:
        """Refuse to exist outside a trial.

        :raises ChannelUnavailable: in production, where messages in plain text must not rest.
        """
        if not settings.DEMO:
            raise ChannelUnavailable("inbox")

    def send(self, parcel: Parcel, *, last_moment: datetime) -> str:
        """Store the parcel."""
        now = clock.now()
        if now > last_moment:
            raise TooLate
        caught = DevMessage.objects.create(
            channel=parcel.channel,
            to=parcel.to,
            subject=parcel.subject,
            text=parcel.text,
            html=parcel.html,
            headers=dict(parcel.headers),
            created_at=now,
        )
        return str(caught.pk)

    def close(self) -> None:
        """Do nothing: there is no connection."""
