"""The ways a message travels, chosen by address: ``smtp://``, ``smtps://``, ``inbox:``."""

from __future__ import annotations

from django.conf import settings

from adminportal.outbox.channels.base import Channel, ChannelUnavailable
from adminportal.outbox.channels.email import EmailChannel
from adminportal.outbox.channels.inbox import InboxChannel
from adminportal.outbox.models import Channel as Kind

INBOX_URL = "inbox:"


def open_channel(kind: str) -> Channel:
    """Return the channel that the operator set up for one kind of message; it connects when it first sends.

    :raises ChannelUnavailable: when there is none, or the address names one that does not exist.
    """
    url = {Kind.EMAIL.value: settings.EMAIL_CHANNEL_URL, Kind.SMS.value: settings.SMS_CHANNEL_URL}.get(kind, "")
    if url == INBOX_URL:
        return InboxChannel()
    if kind == Kind.EMAIL and url.startswith(("smtp://", "smtps://")):
        return EmailChannel(url)
    raise ChannelUnavailable(kind)
